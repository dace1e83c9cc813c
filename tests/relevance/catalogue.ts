import { existsSync, readFileSync } from 'node:fs';
import { parse } from 'csv-parse/sync';

export type CatalogueProduct = {
  sku: string;
  name: string;
  description: string;
  main_category: string;
  subcategory: string;
};

const file = new URL('../../../shared/data/zava_products.csv', import.meta.url);

/** The catalogue the queries were judged on; it is not part of this repository. */
export const catalogueMissing = existsSync(file)
  ? undefined
  : 'the catalogue ../shared/data/zava_products.csv is absent';

export function readCatalogue(): CatalogueProduct[] {
  return parse(readFileSync(file), { columns: true });
}
