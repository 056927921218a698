/**
 * Lets everything happen that promises have set in motion: all their jobs run before the next task of the platform does.
 * @module
 */

/** In a page, where a timer would cost four milliseconds. */
function nextTaskByMessage(): (task: () => void) => void {
  const channel = new MessageChannel();
  const tasks: (() => void)[] = [];
  channel.port1.onmessage = () => tasks.shift()?.();
  return (task) => {
    tasks.push(task);
    channel.port2.postMessage(null);
  };
}

const nextTask: (task: () => void) => void =
  typeof setImmediate === "function" ? (task) => void setImmediate(task) : nextTaskByMessage();

/** Resolves when nothing is left to do that waits for neither time nor the outside. */
export function settlePromises(): Promise<void> {
  return new Promise((resolve) => nextTask(resolve));
}
