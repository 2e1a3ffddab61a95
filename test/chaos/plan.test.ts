import { describe, expect, it } from 'vitest';
import { drawPlan } from './plan/draw-plan.ts';
import { isEvent, type Plan, ticketKeyOf } from './plan/plan.ts';

const stepsThat = (plan: Plan, does: string) => plan.steps.filter((step) => step.action === does);

describe.each([1, 2, 3, 4, 5])('a plan of seed %i', (seed) => {
  const plan = drawPlan(seed, 2000);

  it('is the same each time it is drawn, and another one for another seed', () => {
    expect(drawPlan(seed, 2000)).toEqual(plan);
    expect(drawPlan(seed + 1, 2000)).not.toEqual(plan);
  });

  it.each([50, 300, 2000])('has the given number of events: %i', (events) => {
    expect(drawPlan(seed, events).steps.filter(isEvent)).toHaveLength(events);
  });

  it('has each kind of trouble', () => {
    const trouble = 'kill outage poison wipe collide hold complete reject abandon pick'.split(' ');
    trouble.push('restart webhooks');
    for (const does of trouble) expect(stepsThat(plan, does).length).toBeGreaterThan(0);
  });

  it('sends every change at least once, many again, and many after a newer one', () => {
    const sent = plan.steps.flatMap((step) => (step.action === 'send' ? [step.change] : []));
    expect(new Set(sent).size).toBe(plan.changes.length);
    expect(sent.length).toBeGreaterThan(1.2 * plan.changes.length);
    const newest = new Map<string, number>();
    const late = sent.filter((number) => {
      const change = plan.changes[number];
      if (change === undefined) throw new Error('no such change');
      const key = ticketKeyOf(change);
      const known = newest.get(key) ?? 0;
      newest.set(key, Math.max(known, change.version));
      return change.version < known;
    });
    expect(late.length).toBeGreaterThan(200);
  });

  it('has no two changes of one ticket with the same version', () => {
    const versions = plan.changes.map((change) => `${ticketKeyOf(change)} ${change.version}`);
    expect(new Set(versions).size).toBe(versions.length);
  });

  it('starts a conversation before its other steps, and all conversations of a ticket before its changes', () => {
    const open = new Set<number>();
    for (const step of plan.steps) {
      if (step.action === 'open') open.add(step.task);
      else if ('task' in step) expect(open).toContain(step.task);
      else if (step.action === 'send') {
        for (const task of plan.changes[step.change]?.tasks ?? []) expect(open).toContain(task);
      }
    }
  });

  it('removes the filler of every Task that has one, and no ticket of a Task that ends', () => {
    const emptied = stepsThat(plan, 'remove filler').flatMap((step) =>
      'task' in step ? step.task : [],
    );
    const full = plan.tasks.flatMap(({ startsFull }, task) => (startsFull ? task : []));
    expect(emptied.toSorted()).toEqual(full.toSorted());
    const ended = new Set(
      [...stepsThat(plan, 'complete'), ...stepsThat(plan, 'abandon')].flatMap((step) =>
        'task' in step ? step.task : [],
      ),
    );
    const removals = plan.changes.filter(({ isRemoval }) => isRemoval);
    expect(removals.length).toBeGreaterThan(0);
    expect(removals.flatMap(({ tasks }) => tasks).filter((task) => ended.has(task))).toEqual([]);
  });
});
