import { base, en, Faker, generateMersenne53Randomizer } from '@faker-js/faker';
import { day } from './calendar.ts';
import { createRandom, cumulate, element } from './random.ts';
import type { Store } from './stores.ts';

export const tiers = ['bronze', 'silver', 'gold', 'platinum'] as const;
export type Tier = (typeof tiers)[number];

const tierShares = cumulate([50, 30, 15, 5]);
/** How often customers of a tier buy, relative to each other. */
const tierActivity = { bronze: 10, silver: 15, gold: 22, platinum: 35 } as const;

export type Customer = Readonly<{
  customerId: string;
  firstName: string;
  lastName: string;
  gender: 'female' | 'male' | null;
  /** Midnight UTC of the day, in milliseconds. */
  since: number;
  tier: Tier;
  /** How often the customer buys, relative to the store's others. */
  activity: number;
}>;

const membershipDays = 5 * 365;

/** The customers of a store in the order in which they joined. */
export function inventCustomers(
  store: Store,
  count: number,
  seed: number,
  asOf: number,
): Customer[] {
  const random = createRandom(seed, `customers ${store.storeId}`);
  const faker = new Faker({
    locale: [en, base],
    randomizer: generateMersenne53Randomizer(random.integer(0, 2 ** 31)),
  });
  const joined = Array.from({ length: count }, (_, index) =>
    // Somebody has been there from the start: every day has a customer to sell to.
    index === 0 ? membershipDays : random.integer(1, membershipDays),
  ).sort((one, other) => other - one);
  return joined.map((daysAgo) => {
    const since = asOf - daysAgo * day;
    const sex = random.chance(52) ? 'female' : 'male';
    const tier = element(tiers, random.weighted(tierShares));
    return {
      customerId: random.uuid(since),
      firstName: faker.person.firstName(sex),
      lastName: faker.person.lastName(sex),
      gender: random.chance(94) ? sex : null,
      since,
      tier,
      activity: tierActivity[tier] * random.integer(1, 10),
    };
  });
}
