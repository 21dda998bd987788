import { type Finding, ok, problem, skipped, warning } from './finding.js';

/** How far two clocks may be apart until a turn could be taken for ended that is not. */
const leaseMs = 5_000;

/** AWS refuses signatures that are further off. */
const signatureMs = 300_000;

/** Compares this clock with that of the server, each as it was at the same time in milliseconds. */
export function judgeClock(server: number | undefined, here: number): Finding {
  if (server === undefined || !Number.isFinite(server))
    return skipped('clock', 'The server does not say what time it is.');
  const apart = Math.abs(here - server);
  const seconds = Math.round(apart / 1_000);
  const advice = 'Have this machine set its clock by NTP.';
  if (apart > signatureMs)
    return problem('clock', `It is ${seconds} seconds off: requests are refused. ${advice}`);
  if (apart > leaseMs)
    return warning(
      'clock',
      `It is ${seconds} seconds off: a turn of another process may be cut short. ${advice}`,
    );
  return ok('clock', 'It agrees with that of the server.');
}
