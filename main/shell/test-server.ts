/**
 * A real process that stands for the demonstration server in the shells' tests: it listens, says where, and ends
 * with its parent. It must never be started by the product.
 */
import { createServer } from 'node:http';

const server = createServer((_request, response) => response.end(String(process.pid)));
server.listen(0, '127.0.0.1', () => {
  const address = server.address();
  if (address !== null && typeof address !== 'string')
    process.send?.({ kind: 'listening', url: `http://127.0.0.1:${address.port}` });
});
process.on('disconnect', () => process.exit(0));
process.on('SIGTERM', () => process.exit(0));
