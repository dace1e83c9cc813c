import { type Catalogue, type CatalogueItem, type Category, listedAt } from './catalogue.ts';
import type { CatalogueRow } from './catalogue-file.ts';
import { departments, steadySeason } from './departments.ts';
import { inventCost } from './invented-catalogue.ts';
import { createRandom } from './random.ts';

/**
 * The catalogue of a file: main categories with their subcategories below, in the order of the
 * file. Cost is invented; what a file does not say of a product stays unknown.
 */
export function importCatalogue(rows: readonly CatalogueRow[], seed: number): Catalogue {
  const categories: Category[] = [];
  const categoryOf = (name: string, parentCategoryId: number | null): Category => {
    const found = categories.find(
      (category) => category.name === name && category.parentCategoryId === parentCategoryId,
    );
    if (found) return found;
    const categoryId = categories.length + 1;
    const category = { categoryId, parentCategoryId, name, description: null };
    categories.push(category);
    return category;
  };

  const byDepartment = Map.groupBy(rows, ({ main_category }) => main_category);
  const imported = Array.from(byDepartment, ([name, rowsOfDepartment]) => {
    const { categoryId } = categoryOf(name, null);
    return {
      name,
      season: departments.find((department) => department.name === name)?.season ?? steadySeason,
      // Which sell best is not known: any may.
      items: createRandom(seed, `best sellers ${name}`).shuffle(
        rowsOfDepartment.map((row) =>
          importItem(row, categoryOf(row.subcategory, categoryId).categoryId, seed),
        ),
      ),
    };
  });
  return { categories, departments: imported };
}

function importItem(row: CatalogueRow, categoryId: number, seed: number): CatalogueItem {
  const random = createRandom(seed, `product ${row.sku}`);
  return {
    productId: random.uuid(listedAt),
    sku: row.sku,
    name: row.name,
    description: row.description,
    categoryId,
    brand: null,
    model: null,
    color: null,
    size: null,
    weightGrams: null,
    dimensionsCm: null,
    price: row.price,
    cost: inventCost(row.price, random),
    stockLevel: row.stock_level,
    supplierName: null,
    supplierSku: null,
    isActive: true,
    isFeatured: false,
    rating: null,
    tags: [row.main_category, row.subcategory].map((name) => name.toLowerCase()),
    metadata: {},
  };
}
