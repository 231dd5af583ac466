/**
 * Loaded into each node's process before `seedlingd` itself: ends the node when the demo is gone, however it went. The
 * demo holds the other end of the node's standard input and never writes to it.
 */
process.stdin.on('error', stop).on('close', stop).resume();

function stop(): void {
  process.kill(process.pid, 'SIGTERM');
}
