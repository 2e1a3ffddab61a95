import type { Settings } from '../settings.ts';

/**
 * When the copies of an event are to be delivered, in milliseconds from now: none for one that is
 * lost, two for one that is repeated. Takes four numbers, whatever they come to.
 */
export const lateCopies = (
  random: () => number,
  {
    eventLossRate,
    eventRepeatRate,
    eventDelayMs,
  }: Pick<Settings, 'eventLossRate' | 'eventRepeatRate' | 'eventDelayMs'>,
): readonly number[] => {
  const isLost = random() < eventLossRate;
  const isRepeated = random() < eventRepeatRate;
  const delays = [random() * eventDelayMs, random() * eventDelayMs];
  if (isLost) return [];
  return delays.slice(0, isRepeated ? 2 : 1);
};
