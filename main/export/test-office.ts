/**
 * LibreOffice as a reader of workbooks for tests: it works every formula out anew, whatever result the file carries, and
 * gives each sheet as it shows it. Null where it is not installed, which is for the test to say.
 */
import { spawnSync } from 'node:child_process';
import { accessSync, constants, mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { basename, delimiter, join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { parse } from 'csv-parse/sync';

export const noOffice = 'workbooks were not worked out in LibreOffice: there is no soffice on the PATH';
const convertMsMax = 110_000;
/** Each sheet in a file of its own, UTF-8, cells as they are shown, texts in quotation marks. */
const csvOfEachSheet = 'csv:Text - txt - csv (StarCalc):44,34,76,1,,0,true,true,true,false,false,-1';
/** 0: always work out what was calculated by another program. */
const recalculate = `<?xml version="1.0" encoding="UTF-8"?>
<oor:items xmlns:oor="http://openoffice.org/2001/registry" xmlns:xs="http://www.w3.org/2001/XMLSchema">
<item oor:path="/org.openoffice.Office.Calc/Formula/Load"><prop oor:name="OOXMLRecalcMode" oor:op="fuse"><value>0</value></prop></item>
</oor:items>`;

function executable(path: string): boolean {
  try {
    accessSync(path, constants.X_OK);
    return true;
  } catch {
    // Missing or not to be run.
    return false;
  }
}

export function findOffice(): string | null {
  const folders = (process.env['PATH'] ?? '').split(delimiter);
  return folders.map((folder) => join(folder, 'soffice')).find(executable) ?? null;
}

/** The workbook's sheets by name, each a list of rows of shown cells. `folder` is the test's own. */
export function workedOut(office: string, path: string, folder: string): Map<string, string[][]> {
  const profile = join(folder, 'office-profile');
  const out = join(folder, `${basename(path)}-sheets`);
  mkdirSync(join(profile, 'user'), { recursive: true });
  mkdirSync(out);
  writeFileSync(join(profile, 'user/registrymodifications.xcu'), recalculate);
  const args = [
    `-env:UserInstallation=${pathToFileURL(profile).href}`,
    '--headless',
    '--convert-to',
    csvOfEachSheet,
  ];
  const { status, stderr } = spawnSync(office, [...args, '--outdir', out, path], {
    timeout: convertMsMax,
    encoding: 'utf8',
    // Sheets and their files have Chinese names, which it writes in the locale's encoding.
    env: { ...process.env, LC_ALL: 'C.UTF-8' },
  });
  if (status !== 0) throw new Error(`soffice ended with ${String(status)}: ${stderr}`);
  const sheets = new Map<string, string[][]>();
  const book = basename(path, '.xlsx');
  for (const file of readdirSync(out)) {
    const rows = parse(readFileSync(join(out, file)), { relax_column_count: true });
    sheets.set(basename(file, '.csv').slice(book.length + 1), rows);
  }
  return sheets;
}
