declare module 'dynalite' {
  import type { Server } from 'node:http';

  interface DynaliteOptions {
    /** Where the tables are kept; in memory where it is not given. */
    readonly path?: string;
    /** How long a new table is not usable yet, as on AWS. */
    readonly createTableMs?: number;
  }

  function dynalite(options?: DynaliteOptions): Server;
  export = dynalite;
}
