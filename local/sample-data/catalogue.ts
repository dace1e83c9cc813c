import type { Season } from './departments.ts';

/** What the chain sells. Each item has one `productId` wherever it is stocked. */
export type Catalogue = Readonly<{
  categories: readonly Category[];
  departments: readonly CatalogueDepartment[];
}>;

export type Category = Readonly<{
  categoryId: number;
  parentCategoryId: number | null;
  name: string;
  description: string | null;
}>;

/** A main category and what is in it, best sellers first. */
export type CatalogueDepartment = Readonly<{
  name: string;
  season: Season;
  items: readonly CatalogueItem[];
}>;

/** Money in cents. */
export type CatalogueItem = Readonly<{
  productId: string;
  sku: string;
  name: string;
  description: string;
  categoryId: number;
  brand: string | null;
  model: string | null;
  color: string | null;
  size: string | null;
  weightGrams: number | null;
  dimensionsCm: string | null;
  price: number;
  cost: number;
  /** Units in the whole chain. */
  stockLevel: number;
  supplierName: string | null;
  supplierSku: string | null;
  isActive: boolean;
  isFeatured: boolean;
  rating: Readonly<{ hundredths: number; count: number }> | null;
  tags: readonly string[];
  metadata: Readonly<Record<string, string>>;
}>;

/** When the products were first listed: the time in their ids, whatever the day of the load. */
export const listedAt = Date.UTC(2024, 0, 1);
