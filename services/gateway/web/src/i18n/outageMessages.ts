/** What is away, what it means for the reader, and that the page goes on by itself. */

export const outageVi = {
  'outage.offline': 'Thiết bị này đang mất kết nối mạng.',
  'outage.server': 'Máy chủ không trả lời.',
  'outage.database': 'Cơ sở dữ liệu không trả lời.',
  'outage.ingest': 'Cổng nhận số đo đang ngừng.',
  'outage.ingestRefuses': 'Cổng nhận số đo tạm thời không nhận được gì.',
  'outage.analytics': 'Bộ phận lưu số đo và tính chỉ số đang ngừng.',
  'outage.redis': 'Bộ nhớ nhanh (Redis) không trả lời.',
  'outage.quiet': 'Không có số đo mới nào, dù bình thường vẫn có.',
  'outage.means.offline': 'Trang tự kết nối lại.',
  'outage.means.server': 'Trang đang tự thử lại.',
  'outage.means.database': 'Chưa lưu được thay đổi nào; trang đang tự thử lại.',
  'outage.means.ingest': 'Số đo mới chưa vào được; các số liệu đang hiện là từ những số đo đã nhận.',
  'outage.means.ingestRefuses': 'Bên gửi sẽ gửi lại; các số liệu đang hiện là từ những số đo đã nhận.',
  'outage.means.analytics':
    'Số đo vẫn được nhận và giữ lại; chỉ số sẽ được tính bù khi bộ phận này chạy lại.',
  'outage.means.redis': 'Số liệu vẫn mới; trang chậm hơn và tự hỏi máy chủ mỗi vài giây.',
  'outage.means.quiet': 'Hãy kiểm tra nguồn gửi.',
  'outage.asOf': 'Số liệu trên trang là của lúc {time}.',
  'outage.since': 'Từ lúc {time}.',
}

export const outageEn: Record<keyof typeof outageVi, string> = {
  'outage.offline': 'This device has no network.',
  'outage.server': 'The server does not answer.',
  'outage.database': 'The database does not answer.',
  'outage.ingest': 'The door for readings is closed.',
  'outage.ingestRefuses': 'The door for readings can take none just now.',
  'outage.analytics': 'What stores readings and computes figures has stopped.',
  'outage.redis': 'The fast memory (Redis) does not answer.',
  'outage.quiet': 'No new readings come, though they usually do.',
  'outage.means.offline': 'The page reconnects by itself.',
  'outage.means.server': 'The page tries again by itself.',
  'outage.means.database': 'Changes cannot be saved; the page tries again by itself.',
  'outage.means.ingest': 'New readings do not get in; what you see comes from those received before.',
  'outage.means.ingestRefuses': 'Senders will send again; what you see comes from readings received before.',
  'outage.means.analytics': 'Readings are still received and kept; figures catch up when it runs again.',
  'outage.means.redis': 'Figures are still new; the page is slower and asks the server every few seconds.',
  'outage.means.quiet': 'Please check the senders.',
  'outage.asOf': 'Figures are from {time}.',
  'outage.since': 'Since {time}.',
}
