export const sizes = {
  small: { products: 500, customers: 2_000, transactions: 5_000 },
  medium: { products: 1_000, customers: 10_000, transactions: 50_000 },
  large: { products: 1_000, customers: 50_000, transactions: 200_000 },
};

export type SizeName = keyof typeof sizes;

export const defaultSeed = 20_250_601;
