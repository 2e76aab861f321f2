import { hostPort } from '../../shared/hosts/process-port.ts';
import { serveDocuments } from './host-service.ts';

// The process that reads foreign documents. It keeps no folder busy, and ends with the client that started it.
process.chdir(process.platform === 'win32' ? (process.env.SystemRoot ?? 'C:\\') : '/');
// Where files may not grow any further, the write fails like one to a full disk, instead of ending the process.
if (process.platform !== 'win32') process.on('SIGXFSZ', () => {});
const port = hostPort();
port.onClose(() => process.exit(0));
serveDocuments(port);
