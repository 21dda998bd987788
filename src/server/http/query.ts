import { type HeaderFields, readRawHeaders } from './header-fields.js';

const none: HeaderFields = { values: {} };

/** The parameters of a URL, as headers are read: an id that is sent twice with different values cannot be trusted. */
export function readQuery(url: string): HeaderFields {
  const start = url.indexOf('?');
  if (start === -1) return none;
  const query = url.slice(start + 1).replace(/#.*$/s, '');
  return readRawHeaders([...new URLSearchParams(query)].flat());
}
