export type Store = Readonly<{
  storeId: string;
  name: string;
  location: string;
  type: 'flagship' | 'standard' | 'ecommerce';
  region: 'west' | 'east' | 'global';
  openedOn: string;
  /** The labs' id of the store, sent as `x-rls-user-id`. */
  rlsUserId: string;
  /** Relative to the other stores. */
  weights: Readonly<{ customers: number; frequency: number; value: number }>;
  /** Share of the catalogue that the store stocks, in percent. */
  assortment: number;
}>;

export const stores: readonly Store[] = [
  {
    storeId: 'seattle',
    name: 'Zava Retail Seattle',
    location: 'Seattle, WA',
    type: 'flagship',
    region: 'west',
    openedOn: '2009-05-15',
    rlsUserId: 'f47ac10b-58cc-4372-a567-0e02b2c3d479',
    weights: { customers: 30, frequency: 3.0, value: 1.3 },
    assortment: 90,
  },
  {
    storeId: 'bellevue',
    name: 'Zava Retail Bellevue',
    location: 'Bellevue, WA',
    type: 'standard',
    region: 'west',
    openedOn: '2012-09-07',
    rlsUserId: '6ba7b810-9dad-11d1-80b4-00c04fd430c8',
    weights: { customers: 25, frequency: 2.6, value: 1.2 },
    assortment: 75,
  },
  {
    storeId: 'tacoma',
    name: 'Zava Retail Tacoma',
    location: 'Tacoma, WA',
    type: 'standard',
    region: 'west',
    openedOn: '2013-03-22',
    rlsUserId: 'a1b2c3d4-e5f6-7890-abcd-ef1234567890',
    weights: { customers: 20, frequency: 2.4, value: 1.1 },
    assortment: 70,
  },
  {
    storeId: 'spokane',
    name: 'Zava Retail Spokane',
    location: 'Spokane, WA',
    type: 'standard',
    region: 'east',
    openedOn: '2015-06-12',
    rlsUserId: 'd8e9f0a1-b2c3-4567-8901-234567890abc',
    weights: { customers: 8, frequency: 2.0, value: 1.0 },
    assortment: 60,
  },
  {
    storeId: 'everett',
    name: 'Zava Retail Everett',
    location: 'Everett, WA',
    type: 'standard',
    region: 'west',
    openedOn: '2016-04-08',
    rlsUserId: '3b9ac9fa-cd5e-4b92-a7f2-b8c1d0e9f2a3',
    weights: { customers: 7, frequency: 1.8, value: 0.95 },
    assortment: 60,
  },
  {
    storeId: 'redmond',
    name: 'Zava Retail Redmond',
    location: 'Redmond, WA',
    type: 'standard',
    region: 'west',
    openedOn: '2017-10-20',
    rlsUserId: 'e7f8a9b0-c1d2-3e4f-5678-90abcdef1234',
    weights: { customers: 6, frequency: 1.6, value: 0.9 },
    assortment: 55,
  },
  {
    storeId: 'kirkland',
    name: 'Zava Retail Kirkland',
    location: 'Kirkland, WA',
    type: 'standard',
    region: 'west',
    openedOn: '2018-08-03',
    rlsUserId: '9c8b7a65-4321-fed0-9876-543210fedcba',
    weights: { customers: 4, frequency: 1.4, value: 0.85 },
    assortment: 50,
  },
  {
    storeId: 'online',
    name: 'Zava Retail Online',
    location: 'zavaretail.example',
    type: 'ecommerce',
    region: 'global',
    openedOn: '2014-01-13',
    rlsUserId: '2f4e6d8c-1a3b-5c7e-9f0a-b2d4f6e8c0a2',
    weights: { customers: 30, frequency: 3.0, value: 1.5 },
    assortment: 100,
  },
];

export const isOnline = (store: Store): boolean => store.type === 'ecommerce';
