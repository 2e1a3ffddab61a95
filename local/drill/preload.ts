import { followDrillClock } from './clock.ts';

/** Loaded first (`--import`) in each function of the drill. */
followDrillClock();
