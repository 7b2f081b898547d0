"""Reading CT scans: DICOM folders and archives, volumes in one file, their facts and their warnings."""
