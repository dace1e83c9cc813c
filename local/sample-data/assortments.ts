import type { Catalogue, CatalogueItem } from './catalogue.ts';
import { apportion, createRandom } from './random.ts';
import type { Store } from './stores.ts';

/** A catalogue item in a store that stocks it. */
export type StoreProduct = Readonly<{
  item: CatalogueItem;
  currentStock: number;
  minimumStock: number;
  reorderPoint: number;
  maximumStock: number;
}>;

/** What a store stocks, by department of the catalogue; best sellers first. */
export type Assortment = readonly (readonly StoreProduct[])[];

/**
 * Shares the catalogue and its stock out among the stores. The best seller of each department
 * stands in every store, so that no department is empty anywhere; the stock of all stores together
 * is the item's stock level.
 */
export function shareOut(
  catalogue: Catalogue,
  stores: readonly Store[],
  seed: number,
): ReadonlyMap<Store, Assortment> {
  const random = createRandom(seed, 'assortments');
  const shared = new Map<Store, StoreProduct[][]>(stores.map((store) => [store, []]));
  for (const [departmentIndex, { items }] of catalogue.departments.entries()) {
    for (const departmentsOfStore of shared.values()) departmentsOfStore.push([]);
    for (const [rank, item] of items.entries()) {
      const stocking = stores.filter(({ assortment }) => random.chance(assortment) || rank === 0);
      const usual = apportion(
        item.stockLevel,
        stocking.map(({ weights }) => weights.customers),
      );
      const current = apportion(
        item.stockLevel,
        // Some shelves are fuller than usual, some emptier.
        stocking.map(({ weights }) => weights.customers * random.integer(20, 180)),
      );
      for (const [index, store] of stocking.entries()) {
        shared.get(store)?.[departmentIndex]?.push({
          item,
          currentStock: current[index] ?? 0,
          ...stockLimits(usual[index] ?? 0),
        });
      }
    }
  }
  return shared;
}

function stockLimits(usual: number) {
  const minimumStock = Math.floor(usual / 4);
  return {
    minimumStock,
    reorderPoint: Math.max(minimumStock + 1, Math.floor(usual / 2)),
    maximumStock: usual * 2 + 10,
  };
}
