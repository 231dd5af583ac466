/**
 * One node in this process: data directory → identity, store, endpoint → actor system → operator interface. What the
 * daemon runs, and what the demo, the tests and the benchmarks run several of.
 */
import { hostname } from 'node:os';
import type { InspectionEvent } from 'xstate';
import { createGroveSystem, type GrovePorts, type GroveSystem } from '../../actors/index.ts';
import type { Inspector } from '../inspector/index.ts';
import {
  type AuthorisedKeys,
  ensureLocalOperatorKey,
  type NodeControl,
  type OperatorServer,
  openAuthorisedKeys,
  packageVersion,
  serveOperators,
} from '../operator/index.ts';
import { parseAddress } from '../protocol/index.ts';
import { flushByDisk, type NodeStore, openStore } from '../store/index.ts';
import {
  createEndpoint,
  createGroveLinks,
  createNodeSigner,
  type Endpoint,
  loadIdentity,
  type TransportLimits,
} from '../transport/index.ts';
import { writeAddressFile } from './address-file.ts';
import { createAppPorts } from './app-ports.ts';
import { debugState } from './debug-state.ts';
import { createNodeControl } from './node-control.ts';
import { type InspectorInstruments, type InspectorSettings, loadInspector } from './node-inspector.ts';
import { systemClock, systemHost, systemRandom } from './system-ports.ts';

export const listenDefault = '127.0.0.1:7891';

/** What a node reports; pino fits. */
export interface NodeLog {
  debug(fields: object, message: string): void;
  info(fields: object, message: string): void;
  warn(fields: object, message: string): void;
  error(fields: object, message: string): void;
}

export const silentNodeLog: NodeLog = { debug: () => {}, info: () => {}, warn: () => {}, error: () => {} };

export interface NodeOptions {
  readonly dataDir: string;
  /** `ip:port` or `[ip]:port`, port 0 for any. Default: loopback. */
  readonly listen?: readonly string[];
  /** Addresses others reach this node at, that it cannot know itself. */
  readonly advertise?: readonly string[];
  readonly strictTimestampWindow?: boolean;
  /** Payloads whose line has more bytes are announced before they are sent. */
  readonly announceFirstBytes?: number;
  readonly log?: NodeLog;
  readonly limits?: Partial<TransportLimits>;
  readonly inspect?: (event: InspectionEvent) => void;
  /** Serve the inspector's page. */
  readonly inspector?: InspectorSettings;
  /** Called when the node cannot go on. Whoever started it closes it. */
  readonly failed?: (detail: string) => void;
}

export interface GroveNode {
  readonly fingerprint: string;
  /** Bound addresses with real ports. */
  readonly listening: readonly string[];
  readonly control: NodeControl;
  readonly endpoint: Endpoint;
  readonly system: GroveSystem;
  /** Null when it was not asked for. */
  readonly inspector: Inspector | null;
  /** Closes links and sockets in an orderly way, then the store. Idempotent. */
  close(): Promise<void>;
}

// i[impl daemon.restart]
/** Throws `IdentityError`, `StoreError`, `ListenError` or `InspectorError`, each with a message that says what the operator can do. */
export async function startNode(options: NodeOptions): Promise<GroveNode> {
  const { dataDir, log = silentNodeLog, listen = [listenDefault] } = options;
  const store = openStore({
    directory: dataDir,
    log: (message, details) => log.info(details, message),
    warn: (message, details) => log.warn(details, message),
    flushFile: flushByDisk(systemClock),
  });
  try {
    const identity = loadIdentity(dataDir);
    const limits = options.limits === undefined ? {} : { limits: options.limits };
    const endpoint = await createEndpoint({ identity, listen, log, ...limits });
    try {
      const instruments = options.inspector === undefined ? null : await loadInspector(options.inspector);
      const node = assemble({ ...options, log }, store, endpoint, createNodeSigner(identity), instruments);
      return await withInspector(node, instruments, dataDir, log);
    } catch (error) {
      await endpoint.close();
      throw error;
    }
  } catch (error) {
    store.close();
    throw error;
  }
}

/** A node whose inspector cannot be served does not run: whoever asked for it would look for it in vain. */
async function withInspector(
  { operators, uptimeSeconds, inspectedBy, ...node }: AssembledNode,
  instruments: InspectorInstruments | null,
  dataDir: string,
  log: NodeLog,
): Promise<GroveNode> {
  if (instruments === null) return { ...node, inspector: null };
  try {
    const inspector = await instruments.serve({ dataDir, log, operators, uptimeSeconds, ...node });
    inspectedBy(inspector);
    const close = async (): Promise<void> => {
      await inspector.close();
      await node.close();
    };
    return { ...node, inspector, close };
  } catch (error) {
    await node.close();
    throw error;
  }
}

interface AssembledNode extends Omit<GroveNode, 'inspector'> {
  inspectedBy(inspector: Inspector): void;
  readonly operators: OperatorServer;
  readonly uptimeSeconds: () => number;
}

function assemble(
  options: NodeOptions & { readonly log: NodeLog },
  store: NodeStore,
  endpoint: Endpoint,
  signer: ReturnType<typeof createNodeSigner>,
  instruments: InspectorInstruments | null,
): AssembledNode {
  let inspector: Inspector | null = null;
  const hub = () => inspector?.hub ?? null;
  const { dataDir, log, advertise = [] } = options;
  const uptimeSeconds = countSeconds();
  const transport = createGroveLinks(endpoint, { advertise });
  const { loopbackOnly, onLoopback } = reachOf(endpoint.listening, advertise);

  const apps = createAppPorts(dataDir, signer.fingerprint);
  const ports = { ...systemPorts, transport, store, signer, ...apps.ports };
  // Some happen while it starts.
  const newestEvent = store.eventBounds()?.newest ?? '';
  const system = createSystem(options, ports, onLoopback);
  const fileProblems = () => addressFile.problems();
  const own = { ownFingerprint: signer.fingerprint, loopbackOnly, fileProblems };
  const plainControl = createNodeControl({ system, store, clock: systemClock, ...own });
  const control = instruments?.measure(plainControl) ?? plainControl;
  const keys = openKeys(dataDir, store, log);
  const operators = serveOperators({
    endpoint,
    control,
    keys,
    version: packageVersion(),
    hostname: hostname(),
    uptimeSeconds,
    dialableAddresses: () => transport.addresses(),
    debug: (seconds) =>
      debugState({ system, endpoint, configuration: describeOptions(options), hub }, seconds),
    reportFault: (method, error) => log.error({ method, err: error }, 'a request failed inside the node'),
  });
  logEvents(control, log, newestEvent);

  const addressFile = writeAddressFile({ dataDir, listening: endpoint.listening, clock: systemClock, log });

  let closed: Promise<void> | null = null;
  async function close(): Promise<void> {
    operators.close();
    keys.close();
    await system.stop();
    const appsClosed = apps.close();
    transport.unregister();
    await endpoint.close();
    await appsClosed;
    addressFile.remove();
    store.close();
  }

  return {
    fingerprint: signer.fingerprint,
    listening: endpoint.listening,
    control,
    endpoint,
    system,
    operators,
    uptimeSeconds,
    inspectedBy: (served) => {
      inspector = served;
    },
    close: () => {
      closed ??= close();
      return closed;
    },
  };
}

function countSeconds(): () => number {
  const startedMs = performance.now();
  return () => Math.floor((performance.now() - startedMs) / 1000);
}

/** Whether the node listens on loopback, and whether on nothing else. */
function reachOf(listening: readonly string[], advertise: readonly string[]) {
  const kinds = listening.map((address) => parseAddress(address)?.kind ?? 'other');
  return {
    loopbackOnly: kinds.every((kind) => kind === 'loopback') && advertise.length === 0,
    onLoopback: kinds.includes('loopback'),
  };
}

const systemPorts = { clock: systemClock, random: systemRandom, host: systemHost };

function openKeys(dataDir: string, store: NodeStore, log: NodeLog): AuthorisedKeys {
  return openAuthorisedKeys({
    dataDirectory: dataDir,
    store: store.operatorKeys,
    localFingerprint: ensureLocalOperatorKey(dataDir),
    report: (problem) => log.warn({ problem }, 'authorized_keys'),
  });
}

/** As a bug report tells it. */
function describeOptions({ dataDir, listen, advertise, strictTimestampWindow, inspector }: NodeOptions) {
  return {
    dataDir,
    listen: [...(listen ?? [listenDefault])],
    advertise: [...(advertise ?? [])],
    strictTimestampWindow: strictTimestampWindow ?? false,
    inspector:
      inspector === undefined
        ? null
        : { ...inspector, hosts: [...inspector.hosts], tls: inspector.tls !== null },
  };
}

function createSystem(
  options: NodeOptions & { readonly log: NodeLog },
  ports: GrovePorts,
  listensOnLoopback: boolean,
): GroveSystem {
  const { log } = options;
  return createGroveSystem({
    ports,
    log: { warn: (message, details) => log.warn(details, message) },
    listensOnLoopback,
    strictTimestampWindow: options.strictTimestampWindow ?? false,
    ...(options.announceFirstBytes === undefined ? {} : { announceFirstBytes: options.announceFirstBytes }),
    ...(options.inspect === undefined ? {} : { inspect: options.inspect }),
    failed: (detail) => {
      log.error({ detail }, 'the node cannot go on');
      options.failed?.(detail);
    },
  });
}

// i[impl daemon.log]
/** Every event is a line of the log too; values of params are in none of them. */
function logEvents(control: NodeControl, log: NodeLog, since: string): void {
  control.subscribe(since, (delivery) => {
    if (delivery.kind === 'event') {
      const { type, data, actor } = delivery.event;
      log.info(actor === undefined ? data : { ...data, actor: actor.display }, type);
    }
    return true;
  });
}
