/**
 * The worked example of docs/apps.md with a real nginx: a publish on the leader changes its configuration, nginx reads it
 * again, and answers differently. Paths, the port and nginx's prefix are the test's own; the rest is the page's text.
 */
import { type ChildProcess, spawn } from 'node:child_process';
import { existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, it } from 'vitest';
import { type AppAnswer, type Member, publish, request, settled, show, startGrove } from './apps-support.ts';
import { createPlace, type Place, within } from './support.ts';

const nginxProgram = '/usr/sbin/nginx';
const hostile = '127.0.0.1:1; } server { listen 127.0.0.1:1; return 200 "taken over"; } #';

let place: Place;
const endings: (() => Promise<unknown>)[] = [];
beforeEach(() => {
  place = createPlace();
});
afterEach(async () => {
  for (const end of endings.splice(0)) await end();
  await place.clear();
});

// g[verify actuation.one-path] i[verify app.render] i[verify app.signal] i[verify app.steps]
it('nginx, as documented, answers as the leader says, and keeps to that while a value breaks its file', async () => {
  if (!existsSync(nginxProgram)) throw new Error('no nginx: `apt-get install nginx-light`, or run .ci/run');
  const [leader, member] = (await startGrove(place, 'a', 'b')) as [Member, Member];
  const say = (name: string, value: string) => publish(leader.watch, member.watch, name, value);
  const [one, two] = [await startUpstream('one'), await startUpstream('two')];
  const nginx = await startNginx();
  const file = join(place.path, 'nginx.yaml');
  writeFileSync(file, documentedExample(nginx));
  await member.daemon.ask('apps', 'create', '--from', file);

  await say('clinic-upstream', one);
  await say('banner', 'kia "ora"; #');
  await request(member.watch, '/grove/map', mapping('upstream', 'clinic-upstream'));
  await settled(member.watch, 'nginx-site');
  await request(member.watch, '/grove/map', mapping('banner', 'banner'));
  await nginx.answers({ body: 'one', banner: 'kia "ora"; #' });
  const { pid } = nginx.process;

  await say('clinic-upstream', two);
  await nginx.answers({ body: 'two', banner: 'kia "ora"; #' });

  await say('clinic-upstream', hostile);
  const refused = await finished(member, 'failed');
  expect(refused.output).toMatch(/invalid port in upstream "127\.0\.0\.1:1; } server \{ listen/);
  expect(refused.output).toContain(`${nginx.site}:2`);
  const problem = await member.watch.until(async () => {
    const { problems } = (await request(member.watch, '/grove/status')) as {
      problems: { message: string }[];
    };
    return problems.map(({ message }) => message).find((message) => message.includes('nginx-site')) ?? null;
  }, 'the problem');
  expect(problem).toMatch(/exit|ended/);
  await nginx.answers({ body: 'two', banner: 'kia "ora"; #' });

  await publish(leader.watch, member.watch, 'banner', null);
  await say('clinic-upstream', one);
  await nginx.answers({ body: 'one', banner: null });
  await settled(member.watch, 'nginx-site');
  // It was told by signals, not started anew.
  expect([nginx.process.pid, nginx.process.exitCode]).toEqual([pid, null]);
});

function mapping(app_param: string, grove_param: string) {
  return { app: 'nginx-site', app_param, grove_param };
}

/** The newest run of the app that ended like this. */
async function finished(member: Member, state: string): Promise<AppAnswer['operations'][number]> {
  return member.watch.until(async () => {
    const { operations } = await show(member.watch, 'nginx-site');
    return operations.find((operation) => operation.state === state) ?? null;
  }, `a run that ${state}`);
}

/** The page's own text, with what belongs to the machine replaced. */
function documentedExample({ port, site, pidFile, words }: Nginx): string {
  const page = readFileSync(new URL('../../docs/apps.md', import.meta.url), 'utf8');
  let text = [...page.matchAll(/```yaml\n([\s\S]*?)```/g)]
    .map(([, example = '']) => example)
    .find((example) => example.includes('app: nginx-site'));
  for (const [documented, ours] of [
    ['/etc/nginx/conf.d/site.conf', site],
    ['listen 80;', `listen 127.0.0.1:${port};`],
    ['[/usr/sbin/nginx, -t]', JSON.stringify([nginxProgram, ...words, '-t'])],
    ['/run/nginx.pid', pidFile],
  ] as const) {
    expect(text).toContain(documented);
    text = text?.replace(documented, ours);
  }
  return text ?? '';
}

interface Nginx {
  readonly port: number;
  readonly site: string;
  readonly pidFile: string;
  /** What makes any nginx command one about this nginx. */
  readonly words: readonly string[];
  readonly process: ChildProcess;
  /** Resolves when it answers like this; asks again as soon as it answered otherwise. */
  answers(wanted: { readonly body: string; readonly banner: string | null }): Promise<void>;
}

async function startNginx(): Promise<Nginx> {
  const folder = place.directory('nginx');
  const configuration = join(folder, 'nginx.conf');
  const pidFile = join(folder, 'nginx.pid');
  mkdirSync(join(folder, 'conf.d'), { recursive: true });
  const temporary = ['client_body', 'proxy', 'fastcgi', 'uwsgi', 'scgi'];
  writeFileSync(
    configuration,
    `daemon off;
     pid ${pidFile};
     error_log stderr notice;
     events {}
     http {
       access_log off;
       ${temporary.map((name) => `${name}_temp_path ${join(folder, name)};`).join('\n')}
       include ${join(folder, 'conf.d')}/*.conf;
     }`,
  );
  const words = ['-p', folder, '-c', configuration];
  const child = spawn(nginxProgram, words, { stdio: ['ignore', 'ignore', 'pipe'] });
  let said = '';
  const exited = new Promise((resolve) => child.once('close', resolve));
  endings.push(() => {
    child.kill('SIGTERM');
    return exited;
  });
  await within(
    new Promise<void>((resolve, reject) => {
      child.once('close', () => reject(new Error(`nginx ended: ${said}`)));
      child.stderr.on('data', (bytes: Buffer) => {
        said = (said + bytes.toString()).slice(-4_096);
        // It has written its pid file by then.
        if (said.includes('start worker process ')) resolve();
      });
    }),
    'nginx',
    () => said,
  );
  const port = await freePort();
  return {
    port,
    site: join(folder, 'conf.d/site.conf'),
    pidFile,
    words,
    process: child,
    answers: (wanted) => answersLike(port, wanted, () => said),
  };
}

async function answersLike(port: number, wanted: object, said: () => string): Promise<void> {
  let over = false;
  let last: unknown = null;
  async function ask(): Promise<void> {
    while (!over) {
      try {
        const answer = await fetch(`http://127.0.0.1:${port}/`, { headers: { connection: 'close' } });
        last = { body: await answer.text(), banner: answer.headers.get('x-banner') };
      } catch (error) {
        // Nothing listens there yet.
        last = error instanceof Error ? error.message : error;
      }
      if (JSON.stringify(last) === JSON.stringify(wanted)) return;
    }
  }
  await within(ask(), `nginx answering ${JSON.stringify(wanted)}`, () => [last, said()]).finally(() => {
    over = true;
  });
}

/** Somebody who answers with one word; its address. */
async function startUpstream(word: string): Promise<string> {
  const server = await listening((_request, response) => response.end(word));
  endings.push(() => closed(server));
  return `127.0.0.1:${portOf(server)}`;
}

/** One that nobody had a moment ago: nginx cannot be asked to choose. */
async function freePort(): Promise<number> {
  const server = await listening(() => {});
  const port = portOf(server);
  await closed(server);
  return port;
}

async function listening(answer: Parameters<typeof createServer>[1]): Promise<Server> {
  const server = createServer(answer);
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  return server;
}

function closed(server: Server): Promise<unknown> {
  server.closeAllConnections();
  return new Promise((resolve) => server.close(resolve));
}

function portOf(server: Server): number {
  return (server.address() as AddressInfo).port;
}
