import { type Application, buildApplication, buildRouteMap, help, text_en, version } from '@stricli/core';
import type { CliContext } from './context.js';
import { describeFailure, exitCodeOf } from './failures.js';
import { sessionRoutes } from './routes/session-routes.js';
import { completionRoute, doctorRoute, serveRoute } from './routes/single-routes.js';
import { tableRoutes } from './routes/table-routes.js';
import { turnRoutes } from './routes/turn-routes.js';
import { readVersion } from './version.js';

const description = `Looks at, moves and removes the sessions of agents.

A store is named by a URL:
  dynamodb://<region>/<table>?agentId=<id>[&endpoint=<url>]
  redis://<host>:<port>/<database>?agentId=<id>    (rediss:// for TLS)
  memory:                                          (for trying; gone with the process)
Options of the store go on as parameters: &contextKeyPrefix=SESSION%23

Exit codes: 0 it worked, 1 it failed, 2 the command line, the URL or the id has to be corrected.

Examples:
  looopy-aws doctor 'dynamodb://us-east-1/agent-state?agentId=support'
  looopy-aws sessions list 'redis://localhost:6379?agentId=support' --json`;

export function createCliApplication(): Application<CliContext> {
  const root = buildRouteMap({
    routes: {
      table: tableRoutes,
      sessions: sessionRoutes,
      turns: turnRoutes,
      serve: serveRoute,
      doctor: doctorRoute,
      completion: completionRoute,
    },
    docs: { brief: 'Looks at, moves and removes the sessions of agents.', fullDescription: description },
  });
  const formatting = {
    caseStyle: 'convert-camel-to-kebab',
    useAliasInUsageLine: false,
    onlyRequiredInUsageLine: false,
  } as const;
  return buildApplication(
    root,
    {
      name: 'looopy-aws',
      scanner: { caseStyle: 'allow-kebab-for-camel', allowArgumentEscapeSequence: true },
      localization: {
        text: {
          ...text_en,
          briefs: {
            ...text_en.briefs,
            argumentEscapeSequence: 'What follows is no option, also if it looks like one',
          },
          exceptionWhileRunningCommand: describeFailure,
          noCommandRegisteredForInput: explainUnknownCommand,
        },
      },
      determineExitCode: exitCodeOf,
    },
    {
      help: help({ brief: 'Prints this', defaultForRouteMap: true, formatting }),
      version: version({ brief: 'Prints the version', info: { getCurrentVersion: readVersion } }),
    },
  );
}

function explainUnknownCommand({
  input,
  corrections,
}: {
  readonly input: string;
  readonly corrections: readonly string[];
}): string {
  const advice = corrections.length === 0 ? 'See --help.' : `Did you mean ${corrections.join(' or ')}?`;
  return `There is no command "${input}". ${advice}`;
}
