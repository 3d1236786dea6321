// The sandbox's bar: where the month is, and a hand that moves it on. The local front puts it on every page.
(() => {
  const bar = document.createElement('aside');
  bar.setAttribute('aria-label', '沙箱');
  bar.id = 'sandbox-bar';
  Object.assign(bar.style, {
    position: 'sticky', top: '0', zIndex: '9999', display: 'flex', flexWrap: 'wrap', gap: '4px 14px',
    alignItems: 'center', padding: '6px 12px', background: '#3b2a00', color: '#fff4d6',
    font: '14px/1.5 system-ui, sans-serif',
  });
  const piece = (tag) => bar.appendChild(document.createElement(tag));
  const where = piece('strong'), next = piece('span'), move = piece('button'), waiting = piece('a'), all = piece('a');
  move.textContent = '推进到下一节点';
  Object.assign(move.style, {
    font: 'inherit', padding: '2px 10px', minHeight: '32px', border: '0', borderRadius: '4px',
    background: '#ffd479', color: '#201600', cursor: 'pointer', width: 'auto',
  });
  waiting.href = '/console';
  all.href = '/sandbox/';
  all.textContent = '账号与短信';
  for (const link of [waiting, all]) link.style.color = '#ffe3a3';
  const clock = (ms) => new Date(ms).toLocaleTimeString('zh-CN', { hour12: false, timeZone: 'Asia/Shanghai' });
  const left = (ms) => `${Math.floor(ms / 60000)}分${String(Math.floor(ms / 1000) % 60).padStart(2, '0')}秒`;
  let seen = null;
  const show = () => {
    if (!seen) return;
    where.textContent = `沙箱 ${seen.period} · ${seen.phase_title || '正在准备'}`;
    const ms = seen.next ? seen.next.at_ms - (Date.now() + seen.ahead) : 0;
    next.textContent = seen.fault ? `出错: ${seen.fault}`
      : seen.next ? `下一节点 ${seen.next.title} ${clock(seen.next.at_ms)}（还有${left(Math.max(0, ms))}）` : '没有下一节点';
    move.disabled = !seen.movable;
    move.style.opacity = seen.movable ? '1' : '0.45';
    waiting.href = `/console/${seen.period}/approvals`;
    waiting.textContent = seen.waiting ? `待复核 ${seen.waiting} 项` : '';
  };
  const look = async () => {
    try {
      const answer = await fetch('/sandbox/state.json', { cache: 'no-store' });
      seen = await answer.json();
      seen.ahead = seen.now_ms - Date.now();
      show();
    } catch { /* the sandbox is down: the page goes on without it */ }
  };
  move.addEventListener('click', async () => {
    move.disabled = true;
    await fetch('/sandbox/next', { method: 'POST' });
    await look();
  });
  document.body.prepend(bar);
  look();
  setInterval(look, 3000);
  setInterval(show, 1000);
})();
