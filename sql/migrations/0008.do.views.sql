-- The older names of transactions and their lines. security_invoker, so that the policies see the
-- caller and not the views' owner.

set local role retail_owner;

create view retail.orders with (security_invoker = true) as
select
  transaction_id as order_id,
  customer_id,
  store_id,
  transaction_date as order_date,
  total_amount,
  case transaction_type
    when 'sale' then 'completed'
    when 'return' then 'returned'
    when 'exchange' then 'exchanged'
  end as status
from retail.sales_transactions;
comment on view retail.orders is 'Transactions under their older names';
comment on column retail.orders.order_id is 'sales_transactions.transaction_id';
comment on column retail.orders.customer_id is 'Customer; null for a sale to an unknown customer';
comment on column retail.orders.store_id is 'Store that the row belongs to';
comment on column retail.orders.order_date is 'sales_transactions.transaction_date';
comment on column retail.orders.total_amount is 'Amount paid; negative for a return, so that sums are net of returns';
comment on column retail.orders.status is 'completed for a sale, returned for a return, exchanged for an exchange';

create view retail.order_items with (security_invoker = true) as
select
  item_id as order_item_id,
  transaction_id as order_id,
  product_id,
  quantity,
  unit_price,
  discount_amount,
  total_price as total_amount
from retail.sales_transaction_items;
comment on view retail.order_items is 'Lines of transactions under their older names';
comment on column retail.order_items.order_item_id is 'sales_transaction_items.item_id';
comment on column retail.order_items.order_id is 'Transaction that the line belongs to';
comment on column retail.order_items.product_id is 'Product sold or returned';
comment on column retail.order_items.quantity is 'Units, positive for returns too';
comment on column retail.order_items.unit_price is 'Price of a unit when sold';
comment on column retail.order_items.discount_amount is 'Discount on the line; negative for a return';
comment on column retail.order_items.total_amount is 'Price of the line after discount, with tax; negative where goods come back';

grant select on retail.orders, retail.order_items to store_managers, regional_managers, headquarters;
