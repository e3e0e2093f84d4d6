/** Texts that several views share. "one|many" chooses by {n}. */

export const partsVi = {
  typeToConfirm: 'Gõ {phrase} để xác nhận',
  notKnownWhether: 'Chưa rõ máy chủ đã nhận hay chưa. Hãy xem lại danh sách trước khi gửi lại.',
  changedMeanwhile: 'Có người vừa thay đổi. Hãy đóng, xem lại rồi thao tác.',
  copy: 'Sao chép',
  copied: 'Đã sao chép',
  copyRefused: 'Trình duyệt không cho sao chép: hãy bôi đen rồi sao chép.',
  showMore: 'Xem thêm',
  zoom: 'Phóng to, thu nhỏ',
  earlier: 'Sớm hơn',
  later: 'Muộn hơn',
  wholeRange: 'Cả khoảng',
  shownTime: 'Đang xem',
  detailFailed: 'chưa đọc được chi tiết',
}

export const partsEn: Record<keyof typeof partsVi, string> = {
  typeToConfirm: 'Type {phrase} to confirm',
  notKnownWhether:
    'It is not known whether the server has received this. Look at the list before you send it again.',
  changedMeanwhile: 'Somebody has just changed this. Close, look again, then decide.',
  copy: 'Copy',
  copied: 'Copied',
  copyRefused: 'The browser refuses to copy: mark the text and copy it.',
  showMore: 'Show more',
  zoom: 'Zoom',
  earlier: 'Earlier',
  later: 'Later',
  wholeRange: 'Whole range',
  shownTime: 'Shown',
  detailFailed: 'the detail could not be read',
}
