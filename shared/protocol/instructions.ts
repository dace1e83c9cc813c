/** What a model is told of this server before it calls a tool. */
export const instructions = `Sales, products, customers and stock of Zava Retail, a chain of stores, in PostgreSQL.

How to answer a question:
1. If it names a period relative to now ("this month"), call get_current_utc_date first.
2. Call list_tables, then get_multiple_table_schemas with all tables that you need, in one call. Do not guess names of tables or columns.
3. Call execute_sales_query with one SELECT. Aggregate in SQL, order the rows and keep them few; say so when an answer is truncated.

You see only the stores of the caller. The database enforces it, so do not filter by store to protect data; filter or group by store_id when the question is about stores. Join tables of a store on store_id and the id.
Returns count negative in total_amount: sums are net. An error has a code and a hint: follow the hint and try once more.`;
