import { type Calendar, day, hour } from './calendar.ts';
import type { Customer } from './customers.ts';
import type { Demand } from './demand.ts';
import { type Amounts, amountsOf, type Line, returnedLine, soldLine } from './lines.ts';
import { drawPayment, type PaymentMethod } from './payments.ts';
import { apportion, createRandom, cumulate, element, type Random } from './random.ts';
import { isOnline, type Store } from './stores.ts';

export type Transaction = Amounts &
  Readonly<{
    transactionId: string;
    type: 'sale' | 'return' | 'exchange';
    customer: Customer;
    /** Milliseconds. */
    at: number;
    paymentMethod: PaymentMethod;
    lines: readonly Line[];
    /** The sale whose goods come back; each sale comes back at most once. */
    original: Transaction | null;
    channel: 'store' | 'web' | 'app';
    cashierId: string | null;
    registerId: string | null;
    notes: string | null;
  }>;

const typeShares = [90, 7, 3];
const basketSizes = cumulate([40, 30, 20, 7, 3]);
const openingHours = cumulate([
  0, 0, 0, 0, 0, 0, 0, 0, 0, 4, 5, 7, 9, 9, 8, 8, 9, 10, 10, 7, 4, 0, 0, 0,
]);
const onlineHours = cumulate([
  4, 2, 1, 1, 1, 2, 3, 5, 6, 7, 7, 7, 8, 8, 7, 7, 7, 8, 10, 12, 13, 12, 9, 6,
]);
const daysToReturn = 30;
const reasons = ['Changed mind', 'Wrong size', 'Not as described', 'Defective', 'Unwanted gift'];

export type Trade = Readonly<{
  store: Store;
  /** In the order in which they joined. */
  customers: readonly Customer[];
  demand: Demand;
  calendar: Calendar;
  /** Midnight UTC after the last day of sales. */
  asOf: number;
  seed: number;
}>;

/** `count` transactions of a store, oldest first. */
export function inventTransactions(trade: Trade, count: number): Transaction[] {
  const [sold = 0, returned = 0, exchanged = 0] = apportion(count, typeShares);
  const random = createRandom(trade.seed, `transactions ${trade.store.storeId}`);
  const activity = runningSums(trade.customers.map((customer) => customer.activity));
  const sales = Array.from({ length: sold }, () => inventSale(trade, activity, random));

  // A return happens on a later day than its sale: what was sold on the last day stays sold.
  const returnable = random.shuffle(sales.filter(({ at }) => at < trade.asOf - day));
  const returns = returnable.slice(0, returned).map((sale) => inventReturn(trade, sale, random));
  const exchanges = returnable
    .slice(returned, returned + exchanged)
    .map((sale) => inventExchange(trade, sale, random));
  return [...sales, ...returns, ...exchanges].sort((one, other) => one.at - other.at);
}

function inventSale(trade: Trade, activity: readonly number[], random: Random): Transaction {
  const dayOfSale = trade.calendar.pickDay(random);
  const customer = element(
    trade.customers,
    random.weighted(activity, joinedBy(trade.customers, dayOfSale)),
  );
  const basket = random.weighted(basketSizes) + 1;
  const lines = Array.from({ length: basket }, () => {
    const department = trade.calendar.pickDepartment(random, dayOfSale);
    return soldLine(trade.demand(random, department), random.integer(1, 3), random);
  });
  return transaction(trade, random, {
    type: 'sale',
    customer,
    dayOfSale,
    lines,
    original: null,
    paymentMethod: drawPayment(trade.store, random),
    notes: null,
  });
}

/** The whole basket, or some pieces of one line. The money goes back the way it came. */
function inventReturn(trade: Trade, sale: Transaction, random: Random): Transaction {
  const lines = random.chance(50)
    ? sale.lines.map((line) => returnedLine(line, line.quantity))
    : [returnSome(random.pick(sale.lines), random)];
  return transaction(trade, random, {
    type: 'return',
    customer: sale.customer,
    dayOfSale: laterDay(sale, trade.asOf, random),
    lines,
    original: sale,
    paymentMethod: sale.paymentMethod,
    notes: random.pick(reasons),
  });
}

/** Pieces of one line against as many of another product; the amounts are the difference. */
function inventExchange(trade: Trade, sale: Transaction, random: Random): Transaction {
  const dayOfSale = laterDay(sale, trade.asOf, random);
  const back = returnSome(random.pick(sale.lines), random);
  const department = trade.calendar.pickDepartment(random, dayOfSale);
  return transaction(trade, random, {
    type: 'exchange',
    customer: sale.customer,
    dayOfSale,
    lines: [back, soldLine(trade.demand(random, department), back.quantity, random)],
    original: sale,
    paymentMethod: sale.paymentMethod,
    notes: random.pick(reasons),
  });
}

type Particulars = Pick<
  Transaction,
  'type' | 'customer' | 'lines' | 'original' | 'paymentMethod' | 'notes'
> & { dayOfSale: number };

function transaction(trade: Trade, random: Random, particulars: Particulars): Transaction {
  const { dayOfSale, ...rest } = particulars;
  const online = isOnline(trade.store);
  const at =
    dayOfSale +
    random.weighted(online ? onlineHours : openingHours) * hour +
    random.integer(0, hour / 1000 - 1) * 1000;
  const tills = 2 + Math.ceil(trade.store.weights.customers / 5);
  return {
    ...rest,
    ...amountsOf(rest.lines),
    transactionId: random.uuid(at),
    at,
    channel: online ? random.pick(['web', 'app'] as const) : 'store',
    cashierId: online ? null : `${trade.store.storeId}-c${random.integer(1, tills * 3)}`,
    registerId: online ? null : `r${random.integer(1, tills)}`,
  };
}

const returnSome = (line: Line, random: Random) =>
  returnedLine(line, random.integer(1, line.quantity));

function laterDay(sale: Transaction, asOf: number, random: Random): number {
  const dayOfSale = sale.at - (sale.at % day);
  const daysLeft = (asOf - dayOfSale) / day - 1;
  return dayOfSale + random.integer(1, Math.min(daysToReturn, daysLeft)) * day;
}

/** How many customers had joined by the end of a day. */
function joinedBy(customers: readonly Customer[], dayOfSale: number): number {
  let low = 0;
  let high = customers.length;
  while (low < high) {
    const middle = (low + high) >>> 1;
    if (element(customers, middle).since <= dayOfSale) low = middle + 1;
    else high = middle;
  }
  return low;
}

function runningSums(numbers: readonly number[]): number[] {
  let sum = 0;
  return numbers.map((number) => {
    sum += number;
    return sum;
  });
}
