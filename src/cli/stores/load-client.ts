import { wrongUsage } from '../failures.js';

/** Loads the client of a backend, which is only installed if it is used. */
export async function loadClient<Client>(name: string, load: () => Promise<Client>): Promise<Client> {
  try {
    return await load();
  } catch (cause) {
    throw wrongUsage(`The package "${name}" could not be loaded. Install it: npm install ${name}`, cause);
  }
}
