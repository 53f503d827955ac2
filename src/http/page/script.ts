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
  fill(index, open, whyOf(verdict), verdict.valid_until?.slice(0, 10) ?? '');
}

/** The summary without its target, which has a column of its own. */
function whyOf({ target, summary }) {
  const host = target === null ? '' : (target.host.includes(':') ? '[' + target.host + ']' : target.host) + ':' + target.port;
  return host !== '' && summary.startsWith(host) ? summary.slice(host.length).replace(/^:? /, '') : summary;
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
  const path = row?.path ?? [];
  const inPath = new Set(path.map((step) => step.sha256));
  const beside = verdict.presented.filter((each) => !inPath.has(each.sha256));
  if (path.length + beside.length === 0) return [];
  const scale = scaleOf([...path, ...beside], verdict);
  const first = path.find((step) => step.not_after !== null && step.not_after === row.valid_until);
  const items = [
    ...path.map((step) => drawCertificate(step, { source: sourceOf(step), isFirst: step === first }, verdict, scale)),
    ...beside.map((each) => drawCertificate(each, { source: 'sent at place ' + (each.index + 1) + ', not needed', isApart: path.length > 0 }, verdict, scale)),
  ];
  const trust = row === undefined ? '' : row.trusted ? 'Trusted by ' + row.ca + '.' : 'Not trusted by ' + row.ca + '.';
  return [el('h2', null, 'Chain'), el('p', { class: 'note' }, trust), ...(scale === null ? [] : [drawAxis(scale)]), el('ol', { class: 'chain' }, items)];
}

/**
 * The time that all bars share: from the begin of the first certificate (or the first end, if that is past) to the
 * first and the leaf's end. A root of twenty years runs out of it to the right, else nobody would see what breaks first.
 */
function scaleOf(certificates, verdict) {
  const dated = certificates.filter(({ not_before, not_after }) => not_before && not_after);
  if (dated.length === 0) return null;
  const now = Date.parse(verdict.evaluated_at);
  const begins = dated.map(({ not_before }) => Date.parse(not_before)), ends = dated.map(({ not_after }) => Date.parse(not_after));
  const from = Math.min(begins[0], now, ...ends);
  const to = Math.max(ends[0], now, Math.min(...ends), ...begins);
  const margin = Math.max(1000, (to - from) * 0.06);
  return { from: from - margin, to: to + margin, now };
}

function sourceOf({ source, presented_index }) {
  if (presented_index !== null) return 'sent by the server at place ' + (presented_index + 1) + (source === 'anchor' ? ', a trust anchor' : '');
  return source === 'anchor' ? 'trust anchor, known here' : 'NOT SENT by the server; found by ' + source;
}

function drawCertificate(certificate, { source, isFirst = false, isApart = false }, verdict, scale) {
  const faults = verdict.findings.filter((finding) => finding.certificate?.sha256 === certificate.sha256 && finding.severity !== 'info');
  const isError = faults.some((finding) => finding.severity === 'error');
  const isMissing = source.startsWith('NOT');
  const isAnchor = source.includes('trust anchor');
  return el('li', { class: [isAnchor ? 'anchor' : '', isError ? 'fail' : faults.length > 0 ? 'warn' : 'pass', isMissing ? 'missing' : '', isApart ? 'apart' : ''].join(' ') },
    el('p', null, el('strong', null, certificate.subject ?? 'cannot be read')),
    el('p', { class: 'note' }, source),
    ...(certificate.not_before && certificate.not_after ? drawTime(certificate, isFirst, scale) : []),
    ...faults.map((finding) => el('p', { class: finding.severity === 'error' ? 'error-mark' : 'warning' }, finding.title)));
}

/** Where a time is on the axis, in per cent. */
function placeOf(time, { from, to }) {
  return Math.min(100, Math.max(0, ((time - from) / (to - from)) * 100));
}

/** The bar of one validity, with a mark at the moment judged for; an end outside of the axis is cut off straight. */
function drawTime({ not_before, not_after }, isFirst, scale) {
  const begin = Date.parse(not_before), end = Date.parse(not_after), { now } = scale;
  const isOver = now > end, isOut = isOver || now < begin;
  const span = el('span', { class: ['span', begin < scale.from ? 'before' : '', end > scale.to ? 'after' : ''].join(' ') });
  span.style.left = placeOf(begin, scale) + '%';
  span.style.right = 100 - placeOf(end, scale) + '%';
  const mark = el('span', { class: 'now' });
  mark.style.left = placeOf(now, scale) + '%';
  const days = Math.floor((end - now) / 86400000);
  const left = isOver ? 'over' : days + (days === 1 ? ' day left' : ' days left');
  return [el('div', { class: 'time' + (isOut ? ' over' : '') + (isFirst ? ' next' : ''), 'aria-hidden': 'true' }, span, mark),
    el('p', { class: 'note' }, 'valid ' + not_before.slice(0, 10) + ' to ' + not_after.slice(0, 10) + ' (' + left + (isFirst ? ', the first to end' : '') + ')')];
}

/** The moment judged for above its mark in the bars; near an end of the axis the words stand beside it. */
function drawAxis(scale) {
  const place = placeOf(scale.now, scale);
  const label = el('span', null, 'judged for ' + new Date(scale.now).toISOString().slice(0, 10));
  label.style.left = place + '%';
  label.style.transform = 'translateX(-' + place + '%)';
  const tick = el('i');
  tick.style.left = place + '%';
  return el('p', { class: 'axis', 'aria-hidden': 'true' }, label, tick);
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
