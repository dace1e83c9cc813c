insert into retail.stores (store_id, store_name, store_type, region)
select store_id, 'Zava ' || store_id, 'standard', region
from (values
  ('seattle', 'west'), ('bellevue', 'west'), ('redmond', 'west'), ('kirkland', 'west'),
  ('everett', 'west'), ('tacoma', 'west'), ('spokane', 'east'), ('online', 'global')
) as store (store_id, region);
