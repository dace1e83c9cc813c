select security.tenant_context('headquarters') = '*' as verified
