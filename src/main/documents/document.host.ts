import { hostPort } from '../../shared/hosts/process-port.ts';
import { serveDocuments } from './host-service.ts';

// The process that reads foreign documents. It keeps no folder open, and ends with the client that started it.
process.chdir(process.platform === 'win32' ? (process.env.SystemRoot ?? 'C:\\') : '/');
const port = hostPort();
port.onClose(() => process.exit(0));
serveDocuments(port);
