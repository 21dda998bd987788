import { type ChildProcess, fork } from 'node:child_process';
import { once } from 'node:events';
import { fileURLToPath } from 'node:url';

interface Member {
  readonly process: ChildProcess;
  readonly port: number;
}

interface Report {
  readonly port?: number;
  readonly heapMB?: number;
  readonly unhandled?: string;
}

/** The server processes of a run. One that is killed is started again on another port. */
export class Fleet {
  readonly #url: string;
  readonly #breakage: string;
  #members: Member[] = [];
  readonly unhandled: string[] = [];
  kills = 0;

  private constructor(url: string, breakage: string) {
    this.#url = url;
    this.#breakage = breakage;
  }

  static async start(size: number, url: string, breakage: string): Promise<Fleet> {
    const fleet = new Fleet(url, breakage);
    await Promise.all(Array.from({ length: size }, () => fleet.#add()));
    return fleet;
  }

  /** The address of any of them. */
  pick(): string {
    const member = this.#members[Math.floor(Math.random() * this.#members.length)];
    if (member === undefined) throw new Error('No server of the soak runs.');
    return `http://127.0.0.1:${member.port}/invocations`;
  }

  /** Kills any of them with `kill -9`, and starts another one. */
  async killOne(): Promise<void> {
    const [member] = this.#members.splice(Math.floor(Math.random() * this.#members.length), 1);
    if (member === undefined) return;
    this.kills++;
    member.process.kill('SIGKILL');
    await this.#add();
  }

  /** From now on no request to a store fails. */
  calm(): void {
    for (const { process } of this.#members) process.send('calm');
  }

  /** What is on the heap of each, in megabytes, after a collection. */
  async heaps(): Promise<number[]> {
    return Promise.all(
      this.#members.map(async ({ process }) => {
        process.send('memory');
        for (;;) {
          const { heapMB } = await nextReport(process);
          if (heapMB !== undefined) return heapMB;
        }
      }),
    );
  }

  async stop(): Promise<void> {
    const members = this.#members.splice(0);
    await Promise.all(
      members.map(async ({ process }) => {
        const ended = once(process, 'exit');
        process.kill('SIGKILL');
        await ended;
      }),
    );
  }

  async #add(): Promise<void> {
    const script = fileURLToPath(new URL('./server.ts', import.meta.url));
    const child = fork(script, [this.#url, this.#breakage], {
      execArgv: ['--expose-gc', '--import', 'tsx'],
      env: { ...process.env, AWS_SDK_JS_NODE_VERSION_SUPPORT_WARNING_DISABLED: 'true' },
    });
    child.on('message', ({ unhandled }: Report) => {
      if (unhandled !== undefined) this.unhandled.push(unhandled);
    });
    const { port = 0 } = await nextReport(child);
    this.#members.push({ process: child, port });
  }
}

async function nextReport(child: ChildProcess): Promise<Report> {
  const [report] = await once(child, 'message');
  return report;
}
