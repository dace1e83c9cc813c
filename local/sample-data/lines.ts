import type { StoreProduct } from './assortments.ts';
import type { Random } from './random.ts';

const taxPercent = 8;
const discountedPercent = 20;

/**
 * A line of a transaction, money in cents. One rule for signs: `quantity` and `unitPrice` are always
 * positive; discount, tax and total are positive where goods are sold and negative where they come
 * back, so that sums are net of returns, and the sign of the total says which way the goods went.
 *
 *     total = ±(quantity × unitPrice) − discount + tax
 */
export type Line = Readonly<{
  product: StoreProduct;
  quantity: number;
  unitPrice: number;
  discount: number;
  tax: number;
  total: number;
}>;

export type Amounts = Readonly<{
  subtotal: number;
  discount: number;
  tax: number;
  total: number;
}>;

export function soldLine(product: StoreProduct, quantity: number, random: Random): Line {
  const unitPrice = product.item.price;
  const gross = quantity * unitPrice;
  const discount = random.chance(discountedPercent)
    ? random.integer(Math.ceil(gross * 0.05), Math.floor(gross * 0.25))
    : 0;
  const tax = Math.round(((gross - discount) * taxPercent) / 100);
  return { product, quantity, unitPrice, discount, tax, total: gross - discount + tax };
}

/** Gives back what was paid for `quantity` pieces of a line, to the cent when all come back. */
export function returnedLine(sold: Line, quantity: number): Line {
  const part = (cents: number) => -Math.round((cents * quantity) / sold.quantity);
  const [discount, tax] = [part(sold.discount), part(sold.tax)];
  return {
    product: sold.product,
    quantity,
    unitPrice: sold.unitPrice,
    // Zero has no sign in a report.
    discount: discount + 0,
    tax: tax + 0,
    total: -(quantity * sold.unitPrice) - discount + tax,
  };
}

/** A transaction's amounts are the exact sums of its lines'. */
export function amountsOf(lines: readonly Line[]): Amounts {
  const sum = (amount: (line: Line) => number) =>
    lines.reduce((running, line) => running + amount(line), 0);
  const [discount, tax, total] = [
    sum((line) => line.discount),
    sum((line) => line.tax),
    sum((line) => line.total),
  ];
  return { subtotal: total + discount - tax, discount, tax, total };
}
