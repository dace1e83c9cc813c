import type { Assortment, StoreProduct } from './assortments.ts';
import { cumulate, element, type Random } from './random.ts';

/** Picks a product of a department as the store's customers would. */
export type Demand = (random: Random, department: number) => StoreProduct;

/**
 * Best sellers sell most; and where customers spend more (`value`, relative to a plain store), they
 * choose the dearer item: weights are tilted by a power of the price, the one that makes the mean
 * price `value` times the plain one. Withdrawn items do not sell.
 */
export function createDemand(
  assortment: Assortment,
  departmentShares: readonly number[],
  value: number,
): Demand {
  const departments = assortment.map((products) =>
    products
      .filter(({ item }) => item.isActive)
      .map((product, rank) => ({ product, popularity: 1 / (rank + 5) })),
  );
  const meanPrice = (tilt: number) =>
    departments.reduce((mean, products, department) => {
      let weights = 0;
      let prices = 0;
      for (const { product, popularity } of products) {
        const weight = popularity * product.item.price ** tilt;
        weights += weight;
        prices += weight * product.item.price;
      }
      return mean + (element(departmentShares, department) * prices) / weights;
    }, 0);

  const tilt = tiltFor(meanPrice, value * meanPrice(0));
  const tables = departments.map((products) =>
    cumulate(products.map(({ product, popularity }) => popularity * product.item.price ** tilt)),
  );
  return (random, department) =>
    element(element(departments, department), random.weighted(element(tables, department))).product;
}

/** By bisection; the nearest there is where the prices do not allow more. */
function tiltFor(meanPrice: (tilt: number) => number, wanted: number): number {
  let [low, high] = [-2, 2];
  for (let step = 0; step < 40; step++) {
    const middle = (low + high) / 2;
    if (meanPrice(middle) < wanted) low = middle;
    else high = middle;
  }
  return low;
}
