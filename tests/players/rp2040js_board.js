/* A Raspberry Pi Pico that rp2040js plays, its UART behind a TCP port of this machine.
 *
 *     node rp2040js_board.js IMAGE
 *
 * IMAGE is what lies at the start of the flash, boot code included. The ROM of the chip isn't there:
 * it would check the boot code, copy it to RAM and jump to it, which here runs where it lies. The
 * port's number is the first line of standard output; all ends with its client, or with standard
 * input. */
"use strict";

const fs = require("node:fs");
const net = require("node:net");
const { Simulator } = require("rp2040js");

const BOOT_CODE = 0x10000000;
const CYCLE_NS = 8; /* at 125 MHz */
const TURNS = 100;
const INSTRUCTIONS_A_TURN = 1000;

/* Runs for some milliseconds, then lets the line have its turn. Bytes go in as the UART takes them. */
function run({ clock, rp2040 }, received) {
  const uart = rp2040.uart[0];
  for (let turn = 0; turn < TURNS; ++turn) {
    while (received.length > 0 && !uart.rxFIFO.full) {
      uart.feedByte(received.shift());
    }
    for (let count = 0; count < INSTRUCTIONS_A_TURN; ++count) {
      clock.tick(rp2040.core.executeInstruction() * CYCLE_NS);
    }
  }
  setImmediate(run, { clock, rp2040 }, received);
}

function connect(simulator, line) {
  const received = [];
  line.setNoDelay(true);
  line.on("data", (data) => received.push(...data));
  line.on("error", () => process.exit(0));
  line.on("close", () => process.exit(0));
  simulator.rp2040.uart[0].onByte = (byte) => line.write(Uint8Array.of(byte));
  run(simulator, received);
}

const simulator = new Simulator();
simulator.rp2040.logger = { debug() {}, info() {}, warn() {}, error: console.error };
simulator.rp2040.flash.set(fs.readFileSync(process.argv[2]));
simulator.rp2040.core.PC = BOOT_CODE;

const server = net.createServer((line) => {
  server.close();
  connect(simulator, line);
});
server.listen(0, "127.0.0.1", () => console.log(server.address().port));
process.stdin.on("end", () => process.exit(0)).resume();
