// Loaded before each process of a local shop, for that of order: what it says of orders with a sku fails at its first try, so that it is
// left to the relay; and what it logs of its relay is kept, since the launcher keeps none of it. The service knows nothing of that.
import fs from "node:fs";
import http from "node:http";

const { UNSAID_SKU, UNSAID_LOG, RELAYED_LOG } = process.env;

function failFirstTries() {
  const { request } = http;
  // What is said at the same time goes as a bulk, which holds its events as bytes.
  const eventOf = (one) => (one.entryId === undefined ? one : JSON.parse(Buffer.from(one.event, "base64")));
  // Of all processes: what fails again after hours, as clocks tell, is tried again after minutes.
  const wasTried = (id) => fs.existsSync(UNSAID_LOG) && fs.readFileSync(UNSAID_LOG, "utf8").includes(id);
  http.request = (options, ...rest) => {
    const outgoing = request(options, ...rest);
    const end = outgoing.end.bind(outgoing);
    outgoing.end = (body, ...more) => {
      const said = options.path?.includes("/publish/") ? [JSON.parse(body)].flat().map(eventOf) : [];
      const failing = said.filter(({ id, data }) => data?.items?.[0].sku === UNSAID_SKU && !wasTried(id));
      if (failing.length === 0) return end(body, ...more);
      fs.appendFileSync(UNSAID_LOG, failing.map(({ id }) => `${id}\n`).join(""));
      return outgoing.destroy(new Error("publishing failed on purpose"));
    };
    return outgoing;
  };
}

function keepRelayed() {
  for (const name of ["write", "writeSync"]) {
    const write = fs[name];
    fs[name] = (to, text, ...rest) => {
      const lines = to === 1 ? String(text).split("\n") : [];
      for (const line of lines) if (line.includes('"msg":"relayed"')) fs.appendFileSync(RELAYED_LOG, `${line}\n`);
      return write(to, text, ...rest);
    };
  }
}

if (process.argv.at(-1) === "order") {
  failFirstTries();
  keepRelayed();
}
