import { cumulate, element, type Random } from './random.ts';
import { isOnline, type Store, stores } from './stores.ts';

export const paymentMethods = ['credit_card', 'debit_card', 'cash', 'digital_wallet'] as const;
export type PaymentMethod = (typeof paymentMethods)[number];

const chain = [45, 25, 20, 10];
const online = [55, 25, 0, 20];

/** Nobody pays cash on the web: the tills make up for it, so that the chain's shares hold. */
const onlineSales = transactionShare(stores.filter(isOnline));
const atTheTill = chain.map(
  (percent, method) => (percent - onlineSales * element(online, method)) / (1 - onlineSales),
);
const shares = { online: cumulate(online), atTheTill: cumulate(atTheTill) };

export function drawPayment(store: Store, random: Random): PaymentMethod {
  const drawn = random.weighted(isOnline(store) ? shares.online : shares.atTheTill);
  return element(paymentMethods, drawn);
}

function transactionShare(some: readonly Store[]): number {
  const weight = (which: readonly Store[]) =>
    which.reduce((sum, { weights }) => sum + weights.customers * weights.frequency, 0);
  return weight(some) / weight(stores);
}
