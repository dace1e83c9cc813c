import { z } from 'zod';

/** A whole number within bounds. */
export const whole = (least: number, most: number) => z.coerce.number().int().min(least).max(most);

/** Names separated by commas, as they are written. */
export const list = z.string().transform((text) =>
  text
    .split(',')
    .map((name) => name.trim())
    .filter((name) => name !== ''),
);

const loopback = /^(localhost|127(\.\d+){3}|\[::1\])$/;

/** An https URL; plain http only on this machine, where nobody listens in. */
export const secureUrl = z.url('must be a URL').refine(
  (text) => {
    const { protocol, hostname } = new URL(text);
    return protocol === 'https:' || (protocol === 'http:' && loopback.test(hostname));
  },
  { error: 'must be an https:// URL', abort: true },
);
