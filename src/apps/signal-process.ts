/** A signal to the process a pid file names. */
import { constants } from 'node:fs';
import { open, readFile } from 'node:fs/promises';
import { isCode } from '../files/index.ts';
import type { ActionOutcome } from '../ports/index.ts';
import type { AppSignal } from '../protocol/app-types.ts';
import { pidFileBytesMax } from '../protocol/index.ts';
import { type Failed, failed, failedFile } from './action-failure.ts';

// i[impl app.signal]
export async function signalProcess({
  pid_file,
  signal,
  process_name,
}: AppSignal): Promise<ActionOutcome<{ readonly pid: number }>> {
  const pid = await readPid(pid_file);
  if (typeof pid !== 'number') return pid;
  if (process_name !== null) {
    const problem = await otherProcess(pid, process_name, pid_file);
    if (problem !== null) return problem;
  }
  try {
    process.kill(pid, signal);
    return { ok: true, result: { pid } };
  } catch (error) {
    return isCode(error, 'EPERM')
      ? failed(
          'not_permitted',
          `the node may not signal process ${pid} of ${pid_file}: run it as root or that user`,
        )
      : failed('no_process', `${pid_file} names process ${pid}, which does not run: start the program`);
  }
}

async function readPid(path: string): Promise<number | Failed> {
  let text: string;
  try {
    const file = await open(path, constants.O_RDONLY | constants.O_NONBLOCK);
    try {
      if (!(await file.stat()).isFile()) return failed('file', `${path} is not a plain file`);
      const { buffer, bytesRead } = await file.read(Buffer.alloc(pidFileBytesMax), 0, pidFileBytesMax, 0);
      text = buffer.toString('latin1', 0, bytesRead);
    } finally {
      await file.close();
    }
  } catch (error) {
    return failedFile(error, 'read', path);
  }
  const [line = ''] = text.split('\n', 1);
  const pid = /^\s*[1-9]\d{0,9}\s*$/.test(line) ? Number(line) : 0;
  // 0 and negative numbers are groups, 1 is the system, and the node is nobody's program.
  if (pid > 1 && pid !== process.pid) return pid;
  return failed('bad_pid', `the first line of ${path} is no number of a process that may be signalled`);
}

/** Pid files outlive their processes, and numbers are given again. */
async function otherProcess(pid: number, name: string, path: string): Promise<Failed | null> {
  let found: string;
  try {
    found = (await readFile(`/proc/${pid}/comm`, 'utf8')).trimEnd();
  } catch {
    return failed(
      'no_process',
      `${path} names process ${pid}, which does not run, or whose name cannot be read here`,
    );
  }
  return found === name
    ? null
    : failed(
        'no_process',
        `${path} names process ${pid}, which is ${found} and not ${name}: the file is stale`,
      );
}
