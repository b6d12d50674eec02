// What a page costs: its memory, its frames, its main thread.

/** Attaches to a page of a Chromium. */
export async function attachMeter(browser, page) {
  const [devtools, system] = await Promise.all([page.context().newCDPSession(page), browser.newBrowserCDPSession()]);
  await devtools.send("Performance.enable");
  await page.evaluate(installRecorder);
  let before;

  async function readMetrics() {
    const { metrics } = await devtools.send("Performance.getMetrics");
    return Object.fromEntries(metrics.map(({ name, value }) => [name, value]));
  }

  async function readCpu() {
    const { processInfo } = await system.send("SystemInfo.getProcessInfo");
    return processInfo.filter(({ type }) => type === "renderer").reduce((sum, { cpuTime }) => sum + cpuTime, 0);
  }

  return {
    async start() {
      before = { metrics: await readMetrics(), cpu: await readCpu() };
      await page.evaluate(() => globalThis.recorder.start());
    },

    /** Ends a measurement: what came since `start`, without what reading it costs. */
    async stop() {
      const recorded = await page.evaluate(() => globalThis.recorder.stop());
      const [metrics, cpu] = [await readMetrics(), await readCpu()];
      const seconds = metrics.Timestamp - before.metrics.Timestamp;
      return {
        ...recorded,
        busy: (metrics.TaskDuration - before.metrics.TaskDuration) / seconds,
        cpu: (cpu - before.cpu) / seconds,
      };
    },

    /** What is alive. What one collection sets free may hold something that only the next one finds, so the least counts. */
    async readMemory() {
      let least;
      for (let round = 0; round < 3; round++) {
        // Sent together, so that the page does not get to make new garbage in between.
        const [, heap, metrics] = await Promise.all([devtools.send("HeapProfiler.collectGarbage"), devtools.send("Runtime.getHeapUsage"), readMetrics()]);
        const bytes = heap.usedSize + heap.embedderHeapUsedSize + heap.backingStorageSize;
        if (!least || bytes < least.bytes)
          least = { bytes, nodes: metrics.Nodes, listeners: metrics.JSEventListeners };
      }
      return least;
    },
  };
}

/** Runs in the page. Its own memory is there from the start, so that it does not count as the page's growth. */
function installRecorder() {
  const frames = new Float64Array(100_000);
  let [count, last, isOn, longTasks] = [0, NaN, false, []];
  requestAnimationFrame(function tick(now) {
    if (isOn && !Number.isNaN(last) && count < frames.length)
      frames[count++] = now - last;
    last = isOn ? now : NaN;
    requestAnimationFrame(tick);
  });
  new PerformanceObserver((list) => {
    if (isOn)
      longTasks.push(...list.getEntries().map(({ duration }) => duration));
  }).observe({ type: "longtask" });
  globalThis.recorder = {
    start: () => isOn = true,
    stop() {
      const recorded = { frames: [...frames.subarray(0, count)], longTasks };
      [count, last, isOn, longTasks] = [0, NaN, false, []];
      return recorded;
    },
  };
}

/** The value that a share of the numbers is not above; NaN where there are none. */
export function quantile(numbers, share) {
  const sorted = [...numbers].sort((a, b) => a - b);
  return sorted.length === 0 ? NaN : sorted[Math.min(sorted.length - 1, Math.floor(sorted.length * share))];
}

export const median = (numbers) => quantile(numbers, 0.5);
