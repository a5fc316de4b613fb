-- A form that is sent again is looked for without knowing the district.
CREATE INDEX resident_report_form ON resident_report (form);
