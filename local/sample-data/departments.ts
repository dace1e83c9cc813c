/** What an invented department sells, beside its items in items.csv, and when it sells. */
export type Department = Readonly<{
  name: string;
  /** Start of every SKU in the department. */
  code: string;
  description: string;
  brands: readonly string[];
  suppliers: readonly string[];
  colors: readonly string[];
  sizes: readonly string[];
  /** A second sentence for product descriptions. */
  promises: readonly string[];
  season: Season;
}>;

/** How well a department sells, relative to an average day of the chain. */
export type Season = Readonly<{
  /** Part in the chain's sales. */
  share: number;
  /** January to December. */
  months: readonly number[];
  /** Sunday to Saturday. */
  weekdays: readonly number[];
}>;

/** For departments of a real catalogue, of which no season is known. */
export const steadySeason: Season = {
  share: 10,
  months: [0.9, 0.85, 0.95, 1, 1.05, 1.05, 1, 1, 0.95, 1, 1.15, 1.3],
  weekdays: [1.15, 0.85, 0.85, 0.9, 0.95, 1.15, 1.35],
};

export const departments: readonly Department[] = [
  {
    name: 'Electronics',
    code: 'ELE',
    description: 'Computers, phones, cameras, audio and what makes a home smart',
    brands: [
      'Voltaro',
      'Lumenix',
      'Corewave',
      'Pixelhaus',
      'Sonara',
      'Nordbyte',
      'Zenvia',
      'Akiro',
    ],
    suppliers: ['Pacific Components Supply', 'Brightline Distribution', 'Harbor Tech Wholesale'],
    colors: ['Black', 'White', 'Silver', 'Graphite', 'Midnight Blue'],
    sizes: [],
    promises: [
      'Two years of warranty and updates.',
      'Sets up in minutes with a phone.',
      'Ships in packaging without plastic.',
      'Works with the devices you have already.',
    ],
    season: {
      share: 17,
      months: [0.85, 0.8, 0.85, 0.85, 0.9, 0.95, 1, 1.05, 1, 0.95, 1.5, 1.8],
      weekdays: [1.15, 0.85, 0.85, 0.85, 0.95, 1.2, 1.4],
    },
  },
  {
    name: 'Clothing',
    code: 'CLO',
    description: 'Clothes and shoes for women, men and children',
    brands: [
      'Fernhill',
      'Atelier Mona',
      'Saltwick',
      'Oakendine',
      'Tidewear',
      'Marlow',
      'Juniper Row',
      'Bergen',
    ],
    suppliers: ['Cascade Apparel Group', 'Union Textile Imports', 'Bay Street Garments'],
    colors: ['Black', 'Navy', 'Charcoal', 'Olive', 'Burgundy', 'Cream', 'Rust'],
    sizes: ['XS', 'S', 'M', 'L', 'XL', 'XXL'],
    promises: [
      'Made in audited factories.',
      'Cut to be comfortable from morning to night.',
      'Easy to care for and slow to fade.',
      'Goes with everything in the wardrobe.',
    ],
    season: {
      share: 20,
      months: [0.9, 0.8, 1, 1.1, 1.05, 0.9, 0.8, 1.2, 1.15, 1, 1.1, 1.3],
      weekdays: [1.25, 0.75, 0.75, 0.8, 0.95, 1.25, 1.6],
    },
  },
  {
    name: 'Home & Garden',
    code: 'HOM',
    description: 'Kitchen, bedroom, living room, patio and garden',
    brands: [
      'Hearthstone',
      'Alder & Ash',
      'Kopparberg',
      'Greenmantle',
      'Maison Lune',
      'Foldwell',
      'Terrana',
      'Birchline',
    ],
    suppliers: ['Evergreen Home Supply', 'Columbia Housewares', 'Rainier Garden Trade'],
    colors: ['White', 'Sand', 'Sage', 'Terracotta', 'Slate', 'Natural Oak'],
    sizes: ['Small', 'Medium', 'Large'],
    promises: [
      'Built to be repaired, with spare parts for ten years.',
      'Fits small flats and large houses alike.',
      'Cleans up with warm water.',
      'A welcome present for a new home.',
    ],
    season: {
      share: 17,
      months: [0.75, 0.8, 1.05, 1.3, 1.45, 1.3, 1.1, 0.95, 0.9, 0.85, 0.9, 1],
      weekdays: [1.35, 0.75, 0.75, 0.8, 0.9, 1.15, 1.55],
    },
  },
  {
    name: 'Sports & Outdoors',
    code: 'SPO',
    description: 'Running, hiking, camping, cycling, water, snow and fitness',
    brands: [
      'Northpeak',
      'Cascadia',
      'Rivermark',
      'Summitry',
      'Stridewell',
      'Wildpine',
      'Oropeak',
      'Tarnside',
    ],
    suppliers: ['Olympic Outdoor Supply', 'Trailhead Distribution', 'Sound Sports Wholesale'],
    colors: ['Forest Green', 'Signal Orange', 'Black', 'Glacier Blue', 'Stone'],
    sizes: ['S', 'M', 'L', 'XL', 'One Size'],
    promises: [
      'Tested by guides in the Cascades.',
      'Light enough to forget about.',
      'Repairs are free for life.',
      'Made with recycled materials.',
    ],
    season: {
      share: 15,
      months: [1.05, 0.85, 0.95, 1.1, 1.25, 1.35, 1.3, 1.1, 0.9, 0.8, 0.95, 1.2],
      weekdays: [1.1, 0.8, 0.8, 0.9, 1.05, 1.3, 1.45],
    },
  },
  {
    name: 'Books & Media',
    code: 'BOO',
    description: 'Books, music, films and games',
    brands: [
      'Larkspur Press',
      'Harbour Lane',
      'Quill & Anchor',
      'Meridian House',
      'Paper Lantern',
      'Blue Heron',
      'Foxglove',
      'Northlight',
    ],
    suppliers: ['Puget Book Wholesale', "Reader's Circle Distribution"],
    colors: [],
    sizes: [],
    promises: [
      'Praised by booksellers across the country.',
      'A present that gets opened more than once.',
      'Printed on paper from managed forests.',
      'Now in its second edition.',
    ],
    season: {
      share: 11,
      months: [0.95, 0.85, 0.85, 0.85, 0.9, 1, 1.05, 1.05, 1, 0.95, 1.2, 1.75],
      weekdays: [1.2, 0.9, 0.9, 0.95, 0.95, 1, 1.2],
    },
  },
  {
    name: 'Health & Beauty',
    code: 'HEA',
    description: 'Skin, hair, make-up, bathroom appliances and wellbeing',
    brands: [
      'Verbena',
      'Solenne',
      'Clarity Lab',
      'Mossroot',
      'Aurelle',
      'Kind Ritual',
      'Nua',
      'Saltbloom',
    ],
    suppliers: ['Evercare Distribution', 'Pearl Beauty Trade'],
    colors: ['Rose', 'Ivory', 'Sage', 'Unscented'],
    sizes: ['Travel', 'Regular', 'Family'],
    promises: [
      'Never tested on animals.',
      'Recommended for sensitive skin.',
      'In a refillable container.',
      'A little goes a long way.',
    ],
    season: {
      share: 12,
      months: [1, 1.1, 0.95, 0.95, 1.15, 0.95, 0.9, 0.9, 0.9, 0.95, 1.1, 1.35],
      weekdays: [1, 0.95, 0.95, 1, 1, 1.1, 1.15],
    },
  },
  {
    name: 'Automotive',
    code: 'AUT',
    description: 'Car care, parts, tools and travel accessories',
    brands: [
      'Torqline',
      'Roadwell',
      'Ironbridge',
      'Gearhart',
      'Autovia',
      'Drivecrest',
      'Steelhead',
      'Halden',
    ],
    suppliers: ['Northwest Auto Supply', 'Gateway Parts Wholesale'],
    colors: ['Black', 'Grey'],
    sizes: ['Universal', 'Compact', 'Truck & SUV'],
    promises: [
      "Meets or exceeds the maker's specification.",
      'Fits most cars, vans and pick-ups.',
      'Installs without special tools.',
      'Trusted by independent garages.',
    ],
    season: {
      share: 8,
      months: [1.1, 0.95, 1, 1.05, 1.1, 1.15, 1.1, 0.95, 0.9, 1.05, 1.1, 0.9],
      weekdays: [0.9, 1, 0.95, 0.95, 1, 1.05, 1.35],
    },
  },
];
