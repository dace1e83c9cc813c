import type { Season } from './departments.ts';
import { cumulate, element, type Random } from './random.ts';

/** In milliseconds. Store hours are kept on the UTC clock: a report's day is the store's day. */
export const day = 86_400_000;
export const hour = 3_600_000;

/** Sales cover the last two years. */
const salesDays = 730;
const yearlyGrowth = 0.15;

export type Calendar = Readonly<{
  /** Midnight UTC of a day of sales. */
  pickDay(random: Random): number;
  /** Index of the department that a line sold on that day is from. */
  pickDepartment(random: Random, dayOfSale: number): number;
  /** Part of each department in all lines. */
  departmentShares: readonly number[];
}>;

/**
 * When things sell: each department by its months and weekdays, and the chain a little more every
 * day. `asOf` is midnight UTC of the day after the last day of sales.
 */
export function createCalendar(asOf: number, seasons: readonly Season[]): Calendar {
  const firstDay = asOf - salesDays * day;
  const demand = Array.from({ length: salesDays }, (_, index) => {
    const date = new Date(firstDay + index * day);
    const growth = 1 + (yearlyGrowth * index) / 365;
    return seasons.map(
      ({ share, months, weekdays }) =>
        growth * share * element(months, date.getUTCMonth()) * element(weekdays, date.getUTCDay()),
    );
  });
  const days = cumulate(demand.map(sum));
  const departmentsByDay = demand.map(cumulate);
  const total = sum(demand.map(sum));

  return {
    pickDay: (random) => firstDay + random.weighted(days) * day,
    pickDepartment: (random, dayOfSale) =>
      random.weighted(element(departmentsByDay, (dayOfSale - firstDay) / day)),
    departmentShares: seasons.map(
      (_, department) => sum(demand.map((weights) => element(weights, department))) / total,
    ),
  };
}

const sum = (numbers: readonly number[]) => numbers.reduce((running, next) => running + next, 0);
