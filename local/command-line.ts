import { type ParseArgsConfig, parseArgs } from 'node:util';
import { RetailError } from '../shared/infrastructure/errors.ts';

type Options = NonNullable<ParseArgsConfig['options']>;

export type Arguments<Of extends Options> = ReturnType<
  typeof parseArgs<{ options: Of; allowPositionals: true }>
>['values'];

export type Commands<Of extends Options> = Readonly<
  Record<string, (values: Arguments<Of>) => Promise<void>>
>;

/**
 * Runs the command that the first argument names; `--help` and a missing command show the usage.
 */
export async function runCommand<Of extends Options>(
  usage: string,
  options: Of,
  commands: Commands<Of>,
): Promise<void> {
  await report(async () => {
    const { values, positionals } = parseArgs({
      options: { ...options, help: { type: 'boolean', short: 'h' } },
      allowPositionals: true,
    });
    const [name, ...rest] = positionals;
    if ((values as { help?: boolean }).help || name === undefined) {
      console.log(usage);
      return;
    }
    const command = commands[name];
    if (!command || rest.length > 0) {
      const known = Object.keys(commands).join(', ');
      throw invalid(`"${positionals.join(' ')}" is not a command.`, `Commands: ${known}.`);
    }
    await command(values as Arguments<Of>);
  });
}

/** An error is told in a line, with its remedy, and makes the exit code 1. */
export async function report(work: () => Promise<void>): Promise<void> {
  try {
    await work();
  } catch (error) {
    const { message, hint } = error as { message: string; hint?: string };
    console.error(hint ? `${message}\n${hint}` : message);
    process.exitCode = 1;
  }
}

/** The value of an option that the command cannot do without. */
export function required(value: string | undefined, flag: string): string {
  if (value !== undefined && value !== '') return value;
  throw invalid(`${flag} is missing.`, 'See --help.');
}

/** Of `--flag a --flag b,c`: a, b and c. */
export function several(values: readonly string[] | undefined): string[] {
  return (values ?? []).flatMap((value) => value.split(',')).filter((value) => value !== '');
}

export function oneOf<Name extends string>(
  names: readonly Name[],
  value: string,
  flag: string,
): Name {
  const known = names.find((name) => name === value);
  if (known !== undefined) return known;
  throw invalid(`${flag} must not be "${value}".`, `It is one of ${names.join(', ')}.`);
}

const seconds = { s: 1, m: 60, h: 3_600, d: 86_400 } as const;

/** The seconds of `90s`, `30m`, `8h` or `2d`. */
export function duration(text: string, flag: string): number {
  const [, count, unit] = /^([1-9]\d{0,5})([smhd])$/.exec(text) ?? [];
  if (count === undefined) throw invalid(`${flag} must not be "${text}".`, 'Such as 30m or 8h.');
  return Number(count) * seconds[unit as keyof typeof seconds];
}

export function invalid(message: string, hint: string): RetailError {
  return new RetailError('invalid_request', message, { hint });
}
