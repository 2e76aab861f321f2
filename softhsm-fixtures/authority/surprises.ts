import { generateKeyPairSync } from 'node:crypto';
import * as x509 from '../x509.ts';
import type { IssueRequest } from './ca.ts';
import { spkiOf } from './certificate.ts';
import type { Knobs } from './knobs.ts';

const day = 86_400_000;

/** The request as a careless, or a hostile, authority would carry it out. */
export function surprisingRequest(surprise: Knobs['surprise'], request: IssueRequest): IssueRequest {
  switch (surprise) {
    case null:
      return request;
    case 'other-name': {
      const name = new x509.Name([{ C: ['CN'] }, { O: ['别的单位（练习）'] }, { CN: ['别的印章'] }]);
      return { ...request, subject: new Uint8Array(name.toArrayBuffer()) };
    }
    case 'other-key':
      return {
        ...request,
        spki: spkiOf(generateKeyPairSync('ec', { namedCurve: 'prime256v1' }).publicKey),
      };
    case 'shorter-validity':
      return { ...request, notAfter: new Date(request.notBefore.getTime() + 30 * day) };
  }
}
