/** The settings of the inspector, in the three places where a daemon is told something. */
import { type Command, Option } from 'commander';
import { z } from 'zod';
import { parseAddress } from '../protocol/index.ts';
import { type InspectorSettings, inspectDefault } from './node-inspector.ts';

/** Names a browser may use for one node. */
const hostsMax = 16;

const addressSchema = z
  .string()
  .refine(
    (text) => parseAddress(text, 0) !== null,
    `must be true, false, or IP:PORT such as ${inspectDefault}`,
  );
const hostSchema = z
  .string()
  .regex(/^[a-z0-9]([a-z0-9.-]{0,251}[a-z0-9])?$/i, 'must be a host name, without a scheme or a port');

/** Their names in the config file. */
export const inspectorSchemas = {
  inspect: z.union([z.boolean(), addressSchema]).optional(),
  inspect_read_only: z.boolean().optional(),
  inspect_hosts: z.array(hostSchema).max(hostsMax).optional(),
  inspect_tls_cert: z.string().min(1).optional(),
  inspect_tls_key: z.string().min(1).optional(),
};

type Settings = {
  readonly [Name in keyof typeof inspectorSchemas]?: z.infer<(typeof inspectorSchemas)[Name]>;
};

// w[impl page.configuration]
/** Nothing when no page is to be served. A mistake is returned as words for the operator. */
export function inspectorOf(settings: Settings): { readonly inspector?: InspectorSettings } | string {
  const { inspect = false, inspect_tls_cert: certificate, inspect_tls_key: key } = settings;
  if (inspect === false) return {};
  if ((certificate === undefined) !== (key === undefined)) {
    return 'inspect_tls_cert and inspect_tls_key go together: give both or neither';
  }
  return {
    inspector: {
      address: inspect === true ? inspectDefault : inspect,
      readOnly: settings.inspect_read_only ?? false,
      hosts: settings.inspect_hosts ?? [],
      tls: certificate === undefined || key === undefined ? null : { certificate, key },
    },
  };
}

export function addInspectorOptions(command: Command): void {
  const collect = (value: string, earlier: string[] | undefined) => [...(earlier ?? []), value];
  command
    .addOption(
      new Option(
        '--inspect [addr:port]',
        `serve the page that shows and steers the node [SEEDLING_INSPECT] (default ${inspectDefault})`,
      ),
    )
    .addOption(
      new Option('--inspect-read-only', 'the page shows and changes nothing [SEEDLING_INSPECT_READ_ONLY]'),
    )
    .addOption(
      new Option(
        '--inspect-host <name>',
        'a name browsers use for the page, may be repeated [SEEDLING_INSPECT_HOSTS]',
      ).argParser(collect),
    )
    .addOption(
      new Option('--inspect-tls-cert <file>', 'certificate of the page, PEM [SEEDLING_INSPECT_TLS_CERT]'),
    )
    .addOption(new Option('--inspect-tls-key <file>', 'its key, PEM [SEEDLING_INSPECT_TLS_KEY]'));
}

/** As commander names them. */
export interface InspectorOptionsGiven {
  inspect?: string | boolean;
  inspectReadOnly?: boolean;
  inspectHost?: string[];
  inspectTlsCert?: string;
  inspectTlsKey?: string;
}

export function inspectorFromLine(options: InspectorOptionsGiven): object {
  return {
    inspect: options.inspect,
    inspect_read_only: options.inspectReadOnly,
    inspect_hosts: options.inspectHost,
    inspect_tls_cert: options.inspectTlsCert,
    inspect_tls_key: options.inspectTlsKey,
  };
}

export function inspectorFromEnvironment(
  read: (name: string) => string | undefined,
  list: (name: string) => readonly string[] | undefined,
): object {
  return {
    inspect: truth(read('SEEDLING_INSPECT')),
    inspect_read_only: truth(read('SEEDLING_INSPECT_READ_ONLY')),
    inspect_hosts: list('SEEDLING_INSPECT_HOSTS'),
    inspect_tls_cert: read('SEEDLING_INSPECT_TLS_CERT'),
    inspect_tls_key: read('SEEDLING_INSPECT_TLS_KEY'),
  };
}

/** Anything but these two words is left to the schema. */
export function truth(text: string | undefined): string | boolean | undefined {
  return text === 'true' ? true : text === 'false' ? false : text;
}
