import { readFileSync } from 'node:fs';
import { parse } from 'csv-parse/sync';
import { z } from 'zod';
import { type Catalogue, type CatalogueItem, listedAt } from './catalogue.ts';
import { type Department, departments } from './departments.ts';
import { apportion, createRandom, type Random } from './random.ts';

const itemKind = z.object({
  category: z.string(),
  name: z.string(),
  price_from: z.coerce.number(),
  price_to: z.coerce.number(),
  weight_kg: z.coerce.number(),
  tags: z.string().transform((tags) => tags.split(' ')),
  description: z.string(),
});
type ItemKind = z.infer<typeof itemKind>;

const countries = ['Canada', 'Germany', 'Japan', 'Mexico', 'Portugal', 'USA', 'Vietnam'];

/** A catalogue of `size` items: kinds of item from items.csv, each made by several brands. */
export function inventCatalogue(size: number, seed: number): Catalogue {
  const kinds = readItemKinds();
  const shares = apportion(
    size,
    departments.map(() => 1),
  );
  return {
    categories: departments.map(({ name, description }, index) => ({
      categoryId: index + 1,
      parentCategoryId: null,
      name,
      description,
    })),
    departments: departments.map((department, index) => {
      const random = createRandom(seed, `catalogue ${department.name}`);
      const made = kinds
        .filter(({ category }) => category === department.name)
        .flatMap((kind) => department.brands.map((brand) => ({ kind, brand })));
      const chosen = random.shuffle(made).slice(0, shares[index]);
      return {
        name: department.name,
        season: department.season,
        items: chosen.map(({ kind, brand }, rank) =>
          inventItem({ department, categoryId: index + 1, kind, brand, rank, random }),
        ),
      };
    }),
  };
}

type Invention = {
  department: Department;
  categoryId: number;
  kind: ItemKind;
  brand: string;
  rank: number;
  random: Random;
};

function inventItem(invention: Invention): CatalogueItem {
  const { department, categoryId, kind, brand, rank, random } = invention;
  const price = inventPrice(kind, random);
  const number = String(rank + 1).padStart(4, '0');
  const maker = brand.replace(/[^A-Za-z]/g, '').toUpperCase();
  return {
    productId: random.uuid(listedAt),
    sku: `${department.code}-${maker.slice(0, 3)}-${number}`,
    name: `${brand} ${kind.name}`,
    description: `${kind.description} ${random.pick(department.promises)}`,
    categoryId,
    brand,
    model: `${maker.slice(0, 2)}-${random.integer(100, 999)}`,
    color: department.colors.length > 0 ? random.pick(department.colors) : null,
    size: department.sizes.length > 0 ? random.pick(department.sizes) : null,
    weightGrams: Math.round(kind.weight_kg * random.integer(850, 1150)),
    dimensionsCm: inventDimensions(kind.weight_kg, random),
    price,
    cost: inventCost(price, random),
    stockLevel: random.integer(40, 800),
    supplierName: random.pick(department.suppliers),
    supplierSku: `S${random.integer(100_000, 999_999)}`,
    // Best sellers are not withdrawn.
    isActive: rank < 5 || !random.chance(3),
    isFeatured: random.chance(8),
    rating: { hundredths: random.integer(310, 495), count: random.integer(3, 900) },
    tags: kind.tags,
    metadata: { kind: kind.name, country_of_origin: random.pick(countries) },
  };
}

/** More cheap things than dear ones; prices end in 99 cents. */
function inventPrice(kind: ItemKind, random: Random): number {
  const span = kind.price_to - kind.price_from;
  const steps = random.integer(0, 1000) * random.integer(0, 1000);
  return kind.price_from * 100 + Math.round((span * steps) / 1_000_000) * 100 - 1;
}

/** 40–70% of the price. */
export function inventCost(price: number, random: Random): number {
  return random.integer(Math.ceil(price * 0.4), Math.floor(price * 0.7));
}

function inventDimensions(weightKg: number, random: Random): string {
  const edge = Math.max(4, Math.round(12 * Math.cbrt(weightKg)));
  const sides = [130, 100, 70].map((percent) =>
    Math.max(1, Math.round((edge * (percent + random.integer(-15, 15))) / 100)),
  );
  return sides.join(' x ');
}

function readItemKinds(): ItemKind[] {
  const text = readFileSync(new URL('items.csv', import.meta.url), 'utf8');
  return z.array(itemKind).parse(parse(text, { columns: true }));
}
