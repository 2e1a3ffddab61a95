import type { SyncOptions } from '../../shared/sync/options.ts';
import type { CircuitState } from '../../shared/taskrouter/circuit-breaker.ts';

/**
 * Logs when a circuit breaker opens or closes, and counts openings as `CircuitOpened`, whichever circuit
 * it is: the alarm asks whether any opened within a minute, the log says which.
 */
export function logCircuit({
  logger,
  metrics,
}: Pick<SyncOptions, 'logger' | 'metrics'>): (state: CircuitState) => void {
  return ({ state, circuit, ...opened }) => {
    if (state === 'closed') {
      logger.info('circuit breaker closed', { circuit });
      return;
    }
    logger.warn('circuit breaker open', { circuit, ...opened });
    metrics.addMetric('CircuitOpened', 'Count', 1);
  };
}
