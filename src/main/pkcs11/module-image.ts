/**
 * Readers of the three formats that drivers come in: ELF (System V gABI), PE (Microsoft PE/COFF) and Mach-O. They
 * read headers and the table of exported names, and nothing else. Offsets and counts in a file are claims: each is
 * bounded before it is used.
 */

/** Read access to a file by offset; never more than asked for, less at the end of the file. */
export interface Bytes {
  readonly size: number;
  read(offset: number, length: number): Promise<Buffer>;
}

/** One image: for which system, is it a library, does it export C_GetFunctionList. */
export interface ImageFacts {
  platform: 'linux' | 'win32' | 'darwin';
  arch: string;
  library: boolean;
  exported: boolean;
}

const entryName = 'C_GetFunctionList';
/** No table of names or symbols of a real driver comes near this. */
const maxTable = 32 << 20;
const maxHeaders = 512;
const maxSymbols = 1_000_000;

interface Reader {
  u16(offset: number): number;
  u32(offset: number): number;
  /** 64-bit values beyond 2^53 become -1, which no bound lets through. */
  u64(offset: number): number;
}

function reader(buffer: Buffer, little: boolean): Reader {
  const within = (offset: number, length: number) => offset >= 0 && offset + length <= buffer.length;
  const u16 = (offset: number) =>
    within(offset, 2) ? (little ? buffer.readUInt16LE(offset) : buffer.readUInt16BE(offset)) : 0;
  const u32 = (offset: number) =>
    within(offset, 4) ? (little ? buffer.readUInt32LE(offset) : buffer.readUInt32BE(offset)) : 0;
  const u64 = (offset: number) => {
    const value = little ? u32(offset + 4) * 2 ** 32 + u32(offset) : u32(offset) * 2 ** 32 + u32(offset + 4);
    return Number.isSafeInteger(value) ? value : -1;
  };
  return { u16, u32, u64 };
}

/** Offsets in a table of NUL-ended strings at which `name` can be read (a longer name's tail counts too). */
function offsetsOf(table: Buffer, name: string): Set<number> {
  const wanted = Buffer.from(`${name}\0`, 'latin1');
  const found = new Set<number>();
  for (let at = table.indexOf(wanted); at >= 0 && found.size < 1024; at = table.indexOf(wanted, at + 1))
    found.add(at);
  return found;
}

// ---- ELF ----

const elfMachines = new Map([
  [3, 'ia32'],
  [40, 'arm'],
  [62, 'x64'],
  [183, 'arm64'],
  [243, 'riscv64'],
  [258, 'loong64'],
  [8, 'mips'],
  [20, 'ppc'],
  [21, 'ppc64'],
  [22, 's390x'],
]);

/** ELF: e_machine, e_type ET_DYN, and the dynamic symbols found through PT_DYNAMIC (sections may be stripped). */
export async function readElf(bytes: Bytes): Promise<ImageFacts | undefined> {
  const head = await bytes.read(0, 64);
  const [bits, order] = [head[4], head[5]];
  if ((bits !== 1 && bits !== 2) || (order !== 1 && order !== 2)) return undefined;
  const wide = bits === 2;
  const little = order === 1;
  const { u16, u32, u64 } = reader(head, little);
  const machine = u16(18);
  const facts: ImageFacts = {
    platform: 'linux',
    arch: (elfMachines.get(machine) ?? `machine-${machine}`) + (machine === 62 && !wide ? '-x32' : ''),
    library: u16(16) === 3,
    exported: false,
  };
  const programs = wide ? u64(32) : u32(28);
  const programSize = u16(wide ? 54 : 42);
  const programCount = Math.min(u16(wide ? 56 : 44), maxHeaders);
  if (programSize < (wide ? 56 : 32)) return facts;
  const table = await bytes.read(programs, programSize * programCount);
  const loads: { address: number; offset: number; size: number }[] = [];
  let dynamic: { offset: number; size: number } | undefined;
  const entry = reader(table, little);
  for (let at = 0; at + programSize <= table.length; at += programSize) {
    const type = entry.u32(at);
    const offset = wide ? entry.u64(at + 8) : entry.u32(at + 4);
    const address = wide ? entry.u64(at + 16) : entry.u32(at + 8);
    const size = wide ? entry.u64(at + 32) : entry.u32(at + 16);
    if (type === 1) loads.push({ address, offset, size });
    if (type === 2) dynamic = { offset, size };
  }
  if (!dynamic) return facts;
  const fileOffset = (address: number) => {
    const load = loads.find((each) => address >= each.address && address < each.address + each.size);
    return load ? address - load.address + load.offset : -1;
  };
  const tags = new Map<number, number>();
  const unit = wide ? 16 : 8;
  const list = await bytes.read(dynamic.offset, Math.min(dynamic.size, 64 * 1024));
  const item = reader(list, little);
  for (let at = 0; at + unit <= list.length; at += unit) {
    const tag = wide ? item.u64(at) : item.u32(at);
    if (tag === 0) break;
    tags.set(tag, wide ? item.u64(at + 8) : item.u32(at + 4));
  }
  const [DT_STRTAB, DT_SYMTAB, DT_STRSZ] = [5, 6, 10];
  const stringsAddress = tags.get(DT_STRTAB) ?? -1;
  const symbolsAddress = tags.get(DT_SYMTAB) ?? -1;
  const strings = await bytes.read(fileOffset(stringsAddress), Math.min(tags.get(DT_STRSZ) ?? 0, maxTable));
  const names = offsetsOf(strings, entryName);
  if (names.size === 0) return facts;
  const symbolSize = wide ? 24 : 16;
  // The count stands nowhere plainly. Linkers put the strings behind the symbols; where not, the file's end bounds it.
  const room = stringsAddress > symbolsAddress ? stringsAddress - symbolsAddress : maxTable;
  const symbols = await bytes.read(
    fileOffset(symbolsAddress),
    Math.min(room, maxTable, maxSymbols * symbolSize),
  );
  const symbol = reader(symbols, little);
  for (let at = 0; at + symbolSize <= symbols.length; at += symbolSize) {
    if (!names.has(symbol.u32(at))) continue;
    const section = symbol.u16(at + (wide ? 6 : 14));
    const binding = (symbols[at + (wide ? 4 : 12)] ?? 0) >> 4;
    if (section !== 0 && binding !== 0) return { ...facts, exported: true };
  }
  return facts;
}

// ---- PE ----

const peMachines = new Map([
  [0x14c, 'ia32'],
  [0x8664, 'x64'],
  [0xaa64, 'arm64'],
  [0x1c4, 'arm'],
]);

/** PE: machine, IMAGE_FILE_DLL, and the names of the export directory. */
export async function readPe(bytes: Bytes): Promise<ImageFacts | undefined> {
  const dos = await bytes.read(0, 64);
  const start = reader(dos, true).u32(60);
  const head = await bytes.read(start, 24 + 240);
  const { u16, u32 } = reader(head, true);
  if (u32(0) !== 0x4550) return undefined;
  const machine = u16(4);
  const facts: ImageFacts = {
    platform: 'win32',
    arch: peMachines.get(machine) ?? `machine-${machine.toString(16)}`,
    library: (u16(22) & 0x2000) !== 0,
    exported: false,
  };
  const magic = u16(24);
  const directories = magic === 0x20b ? 24 + 112 : magic === 0x10b ? 24 + 96 : 0;
  if (directories === 0 || u32(directories - 4) < 1) return facts;
  const exportAddress = u32(directories);
  const sectionCount = Math.min(u16(6), maxHeaders);
  const sections = await bytes.read(start + 24 + u16(20), sectionCount * 40);
  const section = reader(sections, true);
  const fileOffset = (address: number) => {
    for (let at = 0; at + 40 <= sections.length; at += 40) {
      const from = section.u32(at + 12);
      const size = section.u32(at + 16);
      if (address >= from && address < from + size) return address - from + section.u32(at + 20);
    }
    return -1;
  };
  if (exportAddress === 0) return facts;
  const directory = reader(await bytes.read(fileOffset(exportAddress), 40), true);
  const count = Math.min(directory.u32(24), 65_536);
  const names = await bytes.read(fileOffset(directory.u32(32)), count * 4);
  const wanted = Buffer.from(`${entryName}\0`, 'latin1');
  const pointer = reader(names, true);
  // The names are sorted by their bytes: a binary search reads a score of them, not thousands.
  let low = 0;
  let high = Math.floor(names.length / 4) - 1;
  while (low <= high) {
    const middle = (low + high) >> 1;
    const text = await bytes.read(fileOffset(pointer.u32(middle * 4)), 64);
    const end = text.indexOf(0);
    const name = end < 0 ? text : text.subarray(0, end + 1);
    const order = Buffer.compare(name, wanted);
    if (order === 0) return { ...facts, exported: true };
    if (order < 0) low = middle + 1;
    else high = middle - 1;
  }
  return facts;
}

// ---- Mach-O ----

const machTypes = new Map([
  [0x01000007, 'x64'],
  [0x0100000c, 'arm64'],
  [7, 'ia32'],
  [12, 'arm'],
]);

async function readMachImage(bytes: Bytes, start: number): Promise<ImageFacts | undefined> {
  const head = await bytes.read(start, 32);
  if (head.length < 28) return undefined;
  const magic = head.readUInt32LE(0);
  if (magic !== 0xfeedfacf && magic !== 0xfeedface) return undefined;
  const wide = magic === 0xfeedfacf;
  const { u32 } = reader(head, true);
  const type = u32(4);
  const fileType = u32(12);
  const facts: ImageFacts = {
    platform: 'darwin',
    arch: machTypes.get(type) ?? `machine-${type.toString(16)}`,
    // MH_DYLIB or MH_BUNDLE
    library: fileType === 6 || fileType === 8,
    exported: false,
  };
  const commands = await bytes.read(start + (wide ? 32 : 28), Math.min(u32(20), 1 << 20));
  const command = reader(commands, true);
  const count = Math.min(u32(16), 4096);
  for (let index = 0, at = 0; index < count && at + 8 <= commands.length; index++) {
    const size = command.u32(at + 4);
    if (size < 8) break;
    if (command.u32(at) === 2) {
      // LC_SYMTAB
      const symbolsAt = command.u32(at + 8);
      const symbolCount = Math.min(command.u32(at + 12), maxSymbols);
      const strings = await bytes.read(
        start + command.u32(at + 16),
        Math.min(command.u32(at + 20), maxTable),
      );
      const names = offsetsOf(strings, `_${entryName}`);
      const symbolSize = wide ? 16 : 12;
      const symbols =
        names.size > 0
          ? await bytes.read(start + symbolsAt, Math.min(symbolCount * symbolSize, maxTable))
          : Buffer.alloc(0);
      const symbol = reader(symbols, true);
      for (let each = 0; each + symbolSize <= symbols.length; each += symbolSize) {
        const kind = symbols[each + 4] ?? 0;
        // External, and defined in a section: not an import, not a private one.
        if (names.has(symbol.u32(each)) && kind & 1 && (kind & 0x0e) === 0x0e) facts.exported = true;
      }
      return facts;
    }
    at += size;
  }
  return facts;
}

/** Mach-O: one image, or all those of a universal file. */
export async function readMachO(bytes: Bytes): Promise<ImageFacts[]> {
  const head = await bytes.read(0, 8);
  if (head.length < 8) return [];
  const magic = head.readUInt32BE(0);
  if (magic !== 0xcafebabe && magic !== 0xcafebabf) {
    const image = await readMachImage(bytes, 0);
    return image ? [image] : [];
  }
  const size = magic === 0xcafebabe ? 20 : 32;
  // Java classes begin with the same four bytes; their "count" is a version number, 45 and more.
  const count = head.readUInt32BE(4);
  if (count > 32) return [];
  const table = await bytes.read(8, count * size);
  const entry = reader(table, false);
  const images: ImageFacts[] = [];
  for (let at = 0; at + size <= table.length; at += size) {
    const image = await readMachImage(bytes, magic === 0xcafebabe ? entry.u32(at + 8) : entry.u64(at + 8));
    if (image) images.push(image);
  }
  return images;
}
