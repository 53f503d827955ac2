/**
 * What the page for people does: sends the hosts as one batch and draws each line as it comes. Everything from a
 * verdict is written as text, never as HTML; the page's policy would let nothing of it run either.
 */
export const PAGE_SCRIPT = String.raw`
'use strict';
const byId = (id) => document.getElementById(id);
const hostsField = byId('hosts'), caField = byId('ca'), tokenField = byId('token'), errorLine = byId('error');
const bar = byId('progress'), table = byId('table'), rows = byId('rows'), detail = byId('detail'), state = byId('state');
let running = null;

/** An element with properties or attributes, and children; null children are left out. */
function el(name, attributes, ...children) {
  const element = document.createElement(name);
  for (const [key, value] of Object.entries(attributes ?? {})) element.setAttribute(key, value);
  element.append(...children.flat().filter((child) => child !== null && child !== undefined));
  return element;
}

function headers() {
  const token = tokenField.value.trim();
  return token === '' ? {} : { Authorization: 'Bearer ' + token };
}

function complain(text) {
  errorLine.textContent = text;
  errorLine.hidden = text === '';
  hostsField.setAttribute('aria-invalid', String(text !== ''));
  if (text !== '') hostsField.focus();
}

async function problemOf(response) {
  if (response.status === 401) byId('access').open = true;
  try {
    return (await response.json()).detail;
  } catch {
    return 'The service answered with status ' + response.status + '.';
  }
}

/** Each line of an NDJSON answer as it arrives. */
async function* linesOf(response) {
  const reader = response.body.pipeThrough(new TextDecoderStream()).getReader();
  let rest = '';
  for (;;) {
    const { done, value } = await reader.read();
    if (done) return;
    const lines = (rest + value).split('\n');
    rest = lines.pop();
    for (const line of lines) yield JSON.parse(line);
  }
}

function fitField() {
  hostsField.rows = Math.min(8, hostsField.value.split('\n').length);
}

async function verify() {
  fitField();
  const targets = hostsField.value.split('\n').map((line) => line.trim()).filter((line) => line !== '' && !line.startsWith('#'));
  if (targets.length === 0) return complain('Write a host, such as wiki.corp.example or 10.0.0.7:8443.');
  running?.abort();
  const controller = running = new AbortController();
  complain('');
  detail.replaceChildren();
  rows.replaceChildren(...targets.map((target) => el('tr', null, el('th', { scope: 'row' }, target), el('td', null, 'waiting'), el('td'), el('td'))));
  table.hidden = targets.length === 1;
  bar.hidden = false;
  // A single verdict is drawn in large; the sentence is then for those who do not see it appear.
  state.className = targets.length === 1 ? 'unseen' : '';
  bar.max = targets.length;
  bar.value = 0;
  state.textContent = 'Verifying';
  const body = { targets, defaults: caField.value === '' ? {} : { ca: caField.value } };
  try {
    const response = await fetch('/verify/batch', {
      method: 'POST',
      headers: { ...headers(), 'Content-Type': 'application/json', Accept: 'application/x-ndjson' },
      body: JSON.stringify(body),
      signal: controller.signal,
    });
    if (!response.ok) {
      table.hidden = true;
      return complain(await problemOf(response));
    }
    let isWhole = false;
    for await (const line of linesOf(response)) {
      if (line.summary) {
        isWhole = true;
        if (targets.length > 1) state.textContent = sentenceOf(line.summary);
      } else {
        bar.value += 1;
        show(line, targets.length === 1);
      }
    }
    if (!isWhole) complain('The answer was cut: the service went away before it was done.');
  } catch (error) {
    if (error.name !== 'AbortError') complain('The service cannot be reached.');
  } finally {
    if (running === controller) {
      bar.hidden = true;
      if (state.textContent === 'Verifying') state.textContent = '';
    }
  }
}

function sentenceOf({ targets, verdicts, problems }) {
  const parts = [...Object.entries(verdicts), ['not asked', problems]].filter(([, count]) => count > 0);
  return targets + ' hosts: ' + parts.map(([name, count]) => count + ' ' + name).join(', ');
}

function show({ index, verdict, problem }, isOnly) {
  if (problem) {
    if (isOnly) return complain(problem.detail);
    return fill(index, el('span', { class: 'fail' }, 'not asked'), problem.detail, '');
  }
  if (isOnly) {
    draw(verdict);
    state.textContent = verdict.verdict + ': ' + verdict.summary;
    return;
  }
  const open = el('button', { type: 'button', class: verdict.verdict }, verdict.verdict);
  open.setAttribute('aria-label', verdict.verdict + ': show ' + (verdict.target?.host ?? ''));
  open.addEventListener('click', () => {
    draw(verdict);
    detail.firstElementChild.focus();
    detail.scrollIntoView();
  });
  fill(index, open, verdict.summary, verdict.valid_until?.slice(0, 10) ?? '');
}

function fill(index, ...cells) {
  [...rows.children[index].querySelectorAll('td')].forEach((cell, place) => cell.replaceChildren(cells[place]));
}

function draw(verdict) {
  const serious = verdict.findings.filter((finding) => finding.severity !== 'info');
  const infos = verdict.findings.filter((finding) => finding.severity === 'info');
  detail.replaceChildren(
    el('div', { class: 'verdict ' + verdict.verdict, tabindex: '-1' },
      el('p', null, el('strong', null, verdict.verdict)), el('p', null, verdict.summary)),
    ...(serious.length > 0 ? [el('h2', null, 'What to do'), ...serious.map(drawFinding)] : []),
    ...drawChain(verdict),
    el('h2', null, 'What was checked'),
    el('ul', { class: 'areas' }, Object.entries(verdict.checks).map(([area, is]) => el('li', { class: is }, area + ': ' + is))),
    ...(infos.length > 0 ? [el('details', null, el('summary', null, infos.length + ' notes'), infos.map(drawFinding))] : []),
    el('h2', null, 'The same with curl'),
    copyable(curlOf(verdict), 'Copy', 'the command', 'wrap'),
  );
}

function drawFinding(finding) {
  const pem = typeof finding.evidence.pem === 'string' ? finding.evidence.pem : null;
  const tone = finding.severity === 'error' ? 'error-mark' : finding.severity;
  return el('article', { class: 'finding ' + (tone === 'error-mark' ? 'fail' : tone) },
    el('h3', { class: tone }, el('span', null, finding.severity), ' ' + finding.title),
    el('p', null, finding.detail),
    el('div', { class: 'remedy' }, el('p', null, el('strong', null, 'Remedy: '), finding.fix), copyButton(finding.fix, 'Copy', 'the remedy', null)),
    pem === null ? null : copyable(pem, 'Copy', 'the certificate', 'plain'),
    el('p', { class: 'note' }, el('a', { href: finding.docs }, finding.code), ', ' + finding.also.rfc));
}

/** A text in a box, with the button that copies it. */
function copyable(text, name, what, shape) {
  const pre = el('pre', { tabindex: '0', class: shape, 'aria-label': what }, text);
  return el('div', { class: 'copy' }, pre, copyButton(text, name, what, pre));
}

function copyButton(text, name, what, pre) {
  const button = el('button', { type: 'button', 'aria-label': name + ' ' + what }, name);
  button.addEventListener('click', async () => {
    try {
      await navigator.clipboard.writeText(text);
      button.textContent = 'Copied';
    } catch {
      // Not a secure context: what is selected can be copied by hand.
      getSelection().selectAllChildren(pre ?? button.parentElement.querySelector('p'));
      button.textContent = 'Press Ctrl+C';
    }
    button.removeAttribute('aria-label');
  });
  return button;
}

/** Single quotes end a shell word, so each is written outside of it. */
function curlOf(verdict) {
  const request = { host: verdict.target.host, port: verdict.target.port, ...(caField.value !== '' && { ca: caField.value }) };
  const body = JSON.stringify(request).replaceAll("'", "'\\''");
  const auth = tokenField.value.trim() === '' ? '' : ' -H "Authorization: Bearer $TOKEN"';
  return 'curl -s' + auth + " --json '" + body + "' " + location.origin + '/verify';
}

/** From leaf to anchor by the path that was judged, then what was sent beside it. */
function drawChain(verdict) {
  const row = verdict.trust.find((each) => each.trusted) ?? verdict.trust[0];
  const steps = (row?.path ?? []).map((step) => ({ ...step, certificate: verdict.presented[step.presented_index] }));
  const inPath = new Set(steps.map((step) => step.sha256));
  const others = verdict.presented.filter((each) => !inPath.has(each.sha256));
  if (steps.length + others.length === 0) return [];
  const times = verdict.presented.flatMap(({ not_before, not_after }) => (not_before && not_after ? [Date.parse(not_before), Date.parse(not_after)] : []));
  const now = Date.parse(verdict.evaluated_at);
  const scale = { from: Math.min(...times, now), to: Math.max(...times, now), now, first: verdict.valid_until };
  const items = [
    ...steps.map((step) => drawCertificate(step.subject, sourceOf(step), step.certificate, step.sha256, verdict, scale, false)),
    ...others.map((each) => drawCertificate(each.subject ?? 'cannot be read', 'sent at place ' + (each.index + 1) + ', not needed', each, each.sha256, verdict, scale, steps.length > 0)),
  ];
  const trust = row === undefined ? '' : row.trusted ? 'Trusted by ' + row.ca + '.' : 'Not trusted by ' + row.ca + '.';
  return [el('h2', null, 'Chain'), el('p', { class: 'note' }, trust), ...drawAxis(scale, times.length), el('ol', { class: 'chain' }, items)];
}

function sourceOf({ source, presented_index }) {
  if (presented_index !== null) return 'sent by the server at place ' + (presented_index + 1) + (source === 'anchor' ? ', a trust anchor' : '');
  return source === 'anchor' ? 'trust anchor, known here' : 'NOT SENT by the server; found by ' + source;
}

function drawCertificate(subject, source, certificate, sha256, verdict, scale, isApart) {
  const faults = verdict.findings.filter((finding) => finding.certificate?.sha256 === sha256 && finding.severity !== 'info');
  const isError = faults.some((finding) => finding.severity === 'error');
  const isMissing = source.startsWith('NOT');
  const isAnchor = source.includes('trust anchor');
  return el('li', { class: [isAnchor ? 'anchor' : '', isError ? 'fail' : faults.length > 0 ? 'warn' : 'pass', isMissing ? 'missing' : '', isApart ? 'apart' : ''].join(' ') },
    el('p', null, el('strong', null, subject)),
    el('p', { class: 'note' }, source),
    ...(certificate?.not_before && certificate.not_after ? drawTime(certificate, scale) : []),
    ...faults.map((finding) => el('p', { class: finding.severity === 'error' ? 'error-mark' : 'warning' }, finding.title)));
}

/** A bar of the validity among those of the whole chain, with a mark at the moment judged for. */
function drawTime({ not_before, not_after }, { from, to, now, first }) {
  const width = Math.max(1, to - from);
  const place = (time) => Math.min(1000, Math.max(0, ((time - from) / width) * 1000));
  const svg = document.createElementNS('http://www.w3.org/2000/svg', 'svg');
  const isOver = now > Date.parse(not_after) || now < Date.parse(not_before);
  for (const [name, value] of [['class', 'time' + (isOver ? ' over' : '') + (not_after === first ? ' next' : '')], ['viewBox', '0 0 1000 12'], ['preserveAspectRatio', 'none'], ['aria-hidden', 'true']]) svg.setAttribute(name, value);
  const start = place(Date.parse(not_before));
  for (const [name, x, length] of [['span', start, Math.max(2, place(Date.parse(not_after)) - start)], ['now', place(now) - 2, 4]]) {
    const rect = document.createElementNS('http://www.w3.org/2000/svg', 'rect');
    for (const [key, value] of [['class', name], ['x', x], ['y', 0], ['width', length], ['height', 12]]) rect.setAttribute(key, value);
    svg.append(rect);
  }
  const days = Math.floor((Date.parse(not_after) - now) / 86400000);
  const left = now > Date.parse(not_after) ? 'over' : days + (days === 1 ? ' day left' : ' days left');
  const breaks = not_after === first ? ', the first to end' : '';
  return [svg, el('p', { class: 'note' }, 'valid ' + not_before.slice(0, 10) + ' to ' + not_after.slice(0, 10) + ' (' + left + breaks + ')')];
}

/** The ends of the time that all bars share; the dark mark in them is the moment judged for. */
function drawAxis({ from, to, now }, count) {
  if (count === 0) return [];
  const date = (time) => new Date(time).toISOString().slice(0, 10);
  return [el('p', { class: 'axis', 'aria-hidden': 'true' }, el('span', null, date(from)), el('span', null, 'judged for ' + date(now)), el('span', null, date(to)))];
}

async function listAuthorities() {
  const response = await fetch('/authorities', { headers: headers() });
  if (!response.ok) return;
  const { authorities } = await response.json();
  const defaults = authorities.filter((each) => each.default).map((each) => each.name);
  caField.replaceChildren(el('option', { value: '' }, 'default (' + defaults.join(', ') + ')'), ...authorities.map(({ name }) => el('option', { value: name }, name)));
}

byId('form').addEventListener('submit', (event) => {
  event.preventDefault();
  verify();
});
hostsField.addEventListener('keydown', (event) => {
  if (event.key !== 'Enter' || event.shiftKey || event.isComposing) return;
  event.preventDefault();
  verify();
});
hostsField.addEventListener('input', fitField);
tokenField.addEventListener('change', () => listAuthorities().catch(() => {}));
// Someone may link here with a host; what is dialled is only what the reader sends.
hostsField.value = new URLSearchParams(location.search).getAll('host').join('\n');
fitField();
listAuthorities().catch(() => {});
hostsField.focus();
`;
