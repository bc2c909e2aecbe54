// Loaded into the engine beside weft (node --require): writes down how late its timers come, four times a second, in ms.
const { appendFileSync } = require('node:fs');
const { monitorEventLoopDelay } = require('node:perf_hooks');

const RESOLUTION_MS = 10;
const delays = monitorEventLoopDelay({ resolution: RESOLUTION_MS });
delays.enable();
setInterval(() => {
  const late = Math.max(0, delays.percentile(99) / 1e6 - RESOLUTION_MS);
  delays.reset();
  appendFileSync(process.env.BENCH_PROBE, `${late}\n`);
}, 250).unref();
