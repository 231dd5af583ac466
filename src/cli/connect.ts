/** Finding the node a command is for, and making sure that it is that node. */
import { join } from 'node:path';
import {
  type ClosableOperatorClient,
  connectOperator,
  defaultDataDirectory,
  type Environment,
  knownHostsFileName,
  loadUserKey,
  OperatorError,
  openKnownHosts,
  probeFingerprint,
  readLocalOperatorKey,
  readNodeAddresses,
  readNodeFingerprint,
  userStateDirectory,
} from '../operator/index.ts';
import { isFingerprint, normaliseAddress } from '../protocol/index.ts';
import type { CtlIo, GlobalOptions } from './context.ts';
import { usageError } from './exit.ts';

/** Throws `OperatorError` when there is no node to talk to, `CtlError` for wrong usage. */
export function connect(io: CtlIo, options: GlobalOptions): Promise<ClosableOperatorClient> {
  if (options.dataDir === '') throw usageError('--data-dir names no directory');
  if (options.host === undefined) {
    if (options.fingerprint !== undefined || options.acceptNew === true) {
      throw usageError(
        '--fingerprint and --accept-new go with --host: a node on this machine is known by its files',
      );
    }
    return connectLocally(options.dataDir ?? defaultDataDirectory(io.env, process.getuid?.()));
  }
  if (options.dataDir !== undefined) throw usageError('give --data-dir or --host, not both');
  return connectToHost(io, options.host, options);
}

/** The fingerprint of the user's own key, made at first use. */
export function ownKeyFingerprint(environment: Environment): string {
  return loadUserKey(environment).fingerprint;
}

// i[impl local.access]
async function connectLocally(directory: string): Promise<ClosableOperatorClient> {
  const addresses = readNodeAddresses(directory);
  const fingerprint = readNodeFingerprint(directory);
  const identity = readLocalOperatorKey(directory);
  let failure: unknown;
  for (const address of addresses) {
    try {
      return await connectOperator({ address, fingerprint, identity, connectTimeoutMs: 2_000 });
    } catch (error) {
      failure = error;
    }
  }
  if (!(failure instanceof OperatorError) || failure.failure !== 'unreachable') throw failure;
  const message = `the node of ${directory} does not answer: is seedlingd running? (${failure.message})`;
  throw new OperatorError('unreachable', message, { cause: failure });
}

async function connectToHost(
  io: CtlIo,
  host: string,
  options: GlobalOptions,
): Promise<ClosableOperatorClient> {
  const address = normaliseAddress(host);
  if (address === null) throw usageError(`--host ${host} is no address: give ADDR:PORT or [ADDR]:PORT`);
  const given = options.fingerprint?.toLowerCase();
  if (given !== undefined && !isFingerprint(given)) throw usageError('--fingerprint must be 64 hex digits');
  const identity = loadUserKey(io.env);
  const hosts = openKnownHosts(join(userStateDirectory(io.env), knownHostsFileName));
  const known = hosts.find(address);
  const fingerprint = given ?? known ?? (await askAbout(io, address, options.acceptNew === true));
  const client = await connectOperator({ address, fingerprint, identity }).catch((error: unknown) => {
    throw given === undefined && known !== null ? explainMismatch(error, address, known) : error;
  });
  // i[impl hosts.remember]
  if (known !== fingerprint) {
    try {
      hosts.remember(address, fingerprint);
    } catch (error) {
      // Nobody else will: the command sees no client.
      await client.dispose();
      throw error;
    }
  }
  return client;
}

// i[impl hosts.ask]
async function askAbout(io: CtlIo, address: string, accept: boolean): Promise<string> {
  const fingerprint = await probeFingerprint(address);
  if (accept) return fingerprint;
  const first = `${address} has not been met before. It shows the fingerprint\n  ${fingerprint}\n`;
  if (io.stdin.isTTY !== true) {
    throw new OperatorError(
      'unknown_host',
      `${first}compare it with what seedling-ctl fingerprint prints on the node, then add --fingerprint ${fingerprint} (or --accept-new to take it unseen)`,
    );
  }
  io.stderr.write(`${first}Is it what seedling-ctl fingerprint prints on the node? [y/N] `);
  if (/^y(es)?$/i.test((await readAnswer(io)).trim())) return fingerprint;
  throw new OperatorError('unknown_host', 'not confirmed: nothing was sent');
}

async function readAnswer(io: CtlIo): Promise<string> {
  let text = '';
  for await (const chunk of io.stdin) {
    text += Buffer.from(chunk).toString('utf8');
    if (text.includes('\n') || text.length > 1_024) break;
  }
  return text.split('\n')[0] ?? '';
}

// i[impl hosts.mismatch]
function explainMismatch(error: unknown, address: string, known: string): unknown {
  if (!(error instanceof OperatorError) || error.failure !== 'wrong_fingerprint') return error;
  const message = [
    `THE NODE AT ${address} IS NOT THE ONE THAT WAS THERE BEFORE. Nothing was sent to it.`,
    `Remembered: ${known}`,
    'Either somebody answers in its place, or the node has a new key. If you know that it has, compare its new',
    'fingerprint and pass it once with --fingerprint; it then replaces the remembered one.',
  ];
  return new OperatorError('wrong_fingerprint', message.join('\n'), { cause: error });
}
