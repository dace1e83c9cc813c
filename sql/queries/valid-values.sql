-- The values of columns that have few, among the rows that the caller may see.
select 'stores' as relation, 'store_id' as column, array(
  select store_id from retail.stores order by 1
) as values
union all
select 'stores', 'region', array(
  select distinct region from retail.stores order by 1
)
union all
select 'product_categories', 'category_name', array(
  select category_name from retail.product_categories where is_active order by 1 limit 200
)
union all
select 'customers', 'loyalty_tier', array['bronze', 'silver', 'gold', 'platinum']
union all
select 'sales_transactions', 'payment_method', array['cash', 'credit_card', 'debit_card', 'digital_wallet']
union all
select 'sales_transactions', 'transaction_type', array['sale', 'return', 'exchange']
union all
select 'sales_transactions', 'transaction_date', array(
  select year::text
  from
    (
      select min(transaction_date) as first, max(transaction_date) as last
      from retail.sales_transactions
    ) as period,
    generate_series(extract(year from first)::integer, extract(year from last)::integer) as year
  order by 1
)
